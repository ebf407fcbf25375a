/* SPDX-License-Identifier: GPL-2.0 */
/* What regions.bpf.c and user space share. Flat structs of plain types, no includes. */
#ifndef HOTDAMON_REGIONS_MAP_H
#define HOTDAMON_REGIONS_MAP_H

/* One kdamond of ours, by its pid. The program writes it, as that kdamond alone; user space makes and reads it. */
struct regions_kdamond {
	unsigned long long aggregations; /* since it is watched */
	unsigned long long next_ns;	 /* boot clock: aggregations before this are not handed on */
	unsigned long long lost;	 /* records that found no room in the ring */
	unsigned long long last_start;	 /* address of the region before; they come in its order */
	unsigned int seen;		 /* regions of this aggregation so far */
	unsigned int sent;		 /* of these, handed on */
	unsigned int passing;		 /* this aggregation is handed on */
	unsigned int reserved;
};

/*
 * A region that was accessed, as one aggregation left it; or the end of an aggregation, with end_ns not 0. Regions
 * that no sample hit are not handed on: what is not among the records was not accessed.
 */
struct regions_record {
	unsigned long long end_ns; /* boot clock; 0: a region */
	unsigned long long start;  /* address; of an end: how many records came before it */
	unsigned long long end;
	unsigned int kdamond;	  /* its pid */
	unsigned int nr_accesses; /* samples that hit */
	unsigned int age;	  /* aggregations for which it has been like this */
	unsigned int
		aggregation; /* which of its kdamond's it is of: regions_kdamond.aggregations, its low half */
};

#endif
