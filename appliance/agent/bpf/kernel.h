/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the program needs to know of the kernel: the helpers by their numbers, which never change, and the fields it
 * reads, whose places are looked up in the running kernel's own description (BTF) when the program is loaded.
 */
#ifndef BYTEFREEZER_KERNEL_H
#define BYTEFREEZER_KERNEL_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define SECTION(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))

/* The form in which a map is described in BTF. */
#define MAP_NUMBER(name, value) int(*name)[value]
#define MAP_TYPE(name, value) value *name

enum map_type {
	MAP_HASH = 1,
	MAP_ARRAY = 2,
	MAP_RING_BUFFER = 27,
};

enum {
	UPDATE_ANY = 0,
};

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*current_pid_and_thread)(void) = (void *)14;
static u64 (*current_uid_and_gid)(void) = (void *)15;
static long (*current_name)(void *buffer, u32 size) = (void *)16;
static u64 (*current_task)(void) = (void *)35;
static long (*read_user)(void *to, u32 size, const void *from) = (void *)112;
static long (*read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*read_kernel_string)(void *to, u32 size, const void *from) = (void *)115;
static u64 (*nanoseconds_since_boot)(void) = (void *)125;
static void *(*ring_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*ring_submit)(void *record, u64 flags) = (void *)132;

#define RELOCATED __attribute__((preserve_access_index))

struct mm_struct {
	u64 arg_start;
	u64 arg_end;
} RELOCATED;

struct task_struct {
	int tgid;
	struct task_struct *real_parent;
	struct mm_struct *mm;
} RELOCATED;

struct linux_binprm {
	const char *filename;
} RELOCATED;

struct in6_addr {
	u8 bytes[16];
};

struct sock_common {
	u16 skc_family;
	u16 skc_dport;
	u32 skc_daddr;
	u32 skc_rcv_saddr;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
} RELOCATED;

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
} RELOCATED;

struct inet_sock {
	u16 inet_sport;
} RELOCATED;

/* A field of a kernel structure, wherever this kernel has it. */
#define READ_FIELD(to, structure, field) \
	read_kernel(to, sizeof(*(to)), __builtin_preserve_access_index(&(structure)->field))

#endif
