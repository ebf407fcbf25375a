/* SPDX-License-Identifier: GPL-2.0 */
/* What gain asks of tables.bpf.c. */
#ifndef HOTDAMON_BENCH_TABLES_H
#define HOTDAMON_BENCH_TABLES_H

#define TABLE_ENTRIES 512

struct table_ask {
	unsigned long long address;   /* of a slot */
	unsigned long long memory;    /* where the kernel maps all memory, */
	unsigned long long memory_at; /* or where it keeps that; 0: not known */
	int pid;
	int levels; /* of page tables, 4 or 5 */
};

enum table_answer { TABLE_NONE, TABLE_SMALL, TABLE_HUGE };

#endif
