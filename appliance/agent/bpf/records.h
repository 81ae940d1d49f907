/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What goes through the ring buffer; src/record.rs reads it. Numbers are in the machine's byte order. */
#ifndef BYTEFREEZER_RECORDS_H
#define BYTEFREEZER_RECORDS_H

#include "kernel.h"

#define NAME_BYTES 16
#define FILE_NAME_BYTES 256
#define ARGUMENTS_BYTES 1024

enum kind {
	KIND_EXEC = 1,
	KIND_CONNECT = 2,
};

struct process {
	u64 time; /* nanoseconds since boot */
	u32 pid;
	u32 parent;
	u32 uid;
	u32 gid;
	u8 name[NAME_BYTES];
};

struct exec_record {
	u32 kind;
	u32 arguments_length; /* all of them; the record has the first ARGUMENTS_BYTES */
	struct process process;
	u8 file_name[FILE_NAME_BYTES];
	u8 arguments[ARGUMENTS_BYTES];
};

struct connect_record {
	u32 kind;
	u16 family;
	u8 established;
	u8 reserved;
	struct process process;
	u16 source_port;      /* network byte order */
	u16 destination_port; /* network byte order */
	u32 reserved_too;
	u8 source[16]; /* IPv4: the first four */
	u8 destination[16];
};

#endif
