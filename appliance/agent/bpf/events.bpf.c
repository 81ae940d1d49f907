/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Tells user space which programs are executed and which TCP connections this machine opens.
 *
 * `make ebpf` compiles it to events.bpf.o. It is attached to two tracepoints by their BTF types, so it needs neither
 * tracefs nor kprobes: Linux 5.8 with BTF.
 */
#include "records.h"

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define PROTOCOL_TCP 6

#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_CLOSE 7

/* User space sets the sizes of both. */
struct {
	MAP_NUMBER(type, MAP_RING_BUFFER);
	MAP_NUMBER(max_entries, 4096);
} events SECTION(".maps");

/* Connections on their way: who asked for them. Keyed by the socket's address. */
struct {
	MAP_NUMBER(type, MAP_HASH);
	MAP_NUMBER(max_entries, 1024);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct process);
} connecting SECTION(".maps");

/* How many records found no room. */
struct {
	MAP_NUMBER(type, MAP_ARRAY);
	MAP_NUMBER(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} lost SECTION(".maps");

/* GPL: the kernel lets only such programs read its memory. */
const char license_of_program[] SECTION("license") = "Dual MIT/GPL";

/* The sum of these files, so that a test knows whether the object is made of them. */
const char sum_of_source[] SECTION("source") = SOURCE_SHA256;

INLINE void count_loss(void)
{
	u32 first = 0;
	u64 *count = map_lookup(&lost, &first);

	if (count)
		__sync_fetch_and_add(count, 1);
}

INLINE void describe_current(struct process *process)
{
	struct task_struct *task = (struct task_struct *)current_task();
	struct task_struct *parent = 0;
	u64 uid_and_gid = current_uid_and_gid();

	process->time = nanoseconds_since_boot();
	process->pid = current_pid_and_thread() >> 32;
	process->uid = (u32)uid_and_gid;
	process->gid = uid_and_gid >> 32;
	process->parent = 0;
	READ_FIELD(&parent, task, real_parent);
	READ_FIELD(&process->parent, parent, tgid);
	current_name(process->name, NAME_BYTES);
}

INLINE void copy_arguments(struct exec_record *record, struct task_struct *task)
{
	struct mm_struct *memory = 0;
	u64 start = 0, end = 0, length;

	record->arguments_length = 0;
	READ_FIELD(&memory, task, mm);
	READ_FIELD(&start, memory, arg_start);
	READ_FIELD(&end, memory, arg_end);
	if (end <= start)
		return;
	length = end - start;
	if (length < ARGUMENTS_BYTES) {
		if (read_user(record->arguments, length & (ARGUMENTS_BYTES - 1), (void *)start) == 0)
			record->arguments_length = length;
		return;
	}
	if (read_user(record->arguments, ARGUMENTS_BYTES, (void *)start) == 0)
		record->arguments_length = length > 0xffffffff ? 0xffffffff : length;
}

/* sched_process_exec(struct task_struct *task, pid_t old_pid, struct linux_binprm *program) */
SECTION("tp_btf/sched_process_exec")
int process_exec(u64 *arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	struct linux_binprm *program = (struct linux_binprm *)arguments[2];
	const char *file_name = 0;
	struct exec_record *record = ring_reserve(&events, sizeof(*record), 0);

	if (!record) {
		count_loss();
		return 0;
	}
	record->kind = KIND_EXEC;
	describe_current(&record->process);
	record->file_name[0] = 0;
	READ_FIELD(&file_name, program, filename);
	read_kernel_string(record->file_name, FILE_NAME_BYTES, file_name);
	copy_arguments(record, task);
	ring_submit(record, 0);
	return 0;
}

INLINE void remember(u64 socket)
{
	struct process process;

	__builtin_memset(&process, 0, sizeof(process));
	describe_current(&process);
	if (map_update(&connecting, &socket, &process, UPDATE_ANY) != 0)
		count_loss();
}

INLINE void report(struct sock *socket, const struct process *process, u16 family, int state)
{
	struct connect_record *record = ring_reserve(&events, sizeof(*record), 0);

	if (!record) {
		count_loss();
		return;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->kind = KIND_CONNECT;
	record->family = family;
	record->established = state == TCP_ESTABLISHED;
	record->process = *process;
	READ_FIELD(&record->source_port, (struct inet_sock *)socket, inet_sport);
	READ_FIELD(&record->destination_port, socket, __sk_common.skc_dport);
	if (family == FAMILY_IPV4) {
		READ_FIELD((u32 *)record->source, socket, __sk_common.skc_rcv_saddr);
		READ_FIELD((u32 *)record->destination, socket, __sk_common.skc_daddr);
	} else {
		READ_FIELD((struct in6_addr *)record->source, socket, __sk_common.skc_v6_rcv_saddr);
		READ_FIELD((struct in6_addr *)record->destination, socket, __sk_common.skc_v6_daddr);
	}
	ring_submit(record, 0);
}

/*
 * inet_sock_set_state(const struct sock *socket, const int old_state, const int new_state)
 *
 * connect(2) is on the stack when a socket goes to SYN_SENT; what comes of it is known later, in nobody's name.
 */
SECTION("tp_btf/inet_sock_set_state")
int connection_state(u64 *arguments)
{
	struct sock *socket = (struct sock *)arguments[0];
	int new_state = (int)arguments[2];
	u64 key = (u64)socket;
	struct process *process;
	u16 family = 0, protocol = 0;

	READ_FIELD(&family, socket, __sk_common.skc_family);
	READ_FIELD(&protocol, socket, sk_protocol);
	if (protocol != PROTOCOL_TCP || (family != FAMILY_IPV4 && family != FAMILY_IPV6))
		return 0;
	if (new_state == TCP_SYN_SENT) {
		remember(key);
		return 0;
	}
	if (new_state != TCP_ESTABLISHED && new_state != TCP_CLOSE)
		return 0;
	process = map_lookup(&connecting, &key);
	if (!process)
		return 0;
	report(socket, process, family, new_state);
	map_delete(&connecting, &key);
	return 0;
}
