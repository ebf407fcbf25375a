/* SPDX-License-Identifier: GPL-2.0 */
/* The cells of the picture of a process's memory: how many slots one of them is, and where each lies. */
#ifndef HOTDAMON_REPORT_MAP_CELLS_H
#define HOTDAMON_REPORT_MAP_CELLS_H

#include "report/map.h"

#define MAP_ROWS     32 /* of cells, at most, if a cell of more slots can make it so */
#define MAP_MAPPINGS 20 /* that are drawn: those with the most memory */

struct map_cell {
	unsigned int slots; /* with memory; 0: there is nothing */
	unsigned int huge;
	unsigned int pages; /* present, of all of them */
	double rate_per_s;  /* of the hottest of them */
	enum map_mark mark; /* MAP_PLAIN, or the one that tells most of them all */
};

/* Neighbouring cells of one mapping. */
struct map_row {
	uint64_t start; /* address */
	uint64_t
		gap; /* bytes without memory between the row before and this one, of the same mapping; 0: none */
	size_t mapping;	 /* its number */
	size_t first, n; /* cells */
};

struct map_cells {
	unsigned int slots_per_cell; /* a power of two */
	struct map_cell *cells;	     /* owned, as are the rows */
	struct map_row *rows;
	size_t n_cells, room_cells, n_rows, room_rows;
	size_t hidden, hidden_slots; /* mappings that are not drawn, and slots in them */
};

/* Rows of at most @width cells. -ENOMEM; map_cells_free() is fine then, too. */
int map_cells_make(struct map_cells *cells, const struct map *map, unsigned int width);
void map_cells_free(struct map_cells *cells);

/* Whether most of what is there of it is huge. */
static inline bool map_cell_is_huge(const struct map_cell *cell)
{
	return cell->slots && 2 * cell->huge >= cell->slots;
}

/* "anonymous [heap]", and how much there is. For both kinds of pictures. */
#define MAP_TITLE_LEN (MAP_NAME_LEN + 120)
void map_mapping_title(const struct map *map, const struct map_mapping *mapping, char title[MAP_TITLE_LEN]);

/* Two lines: what is there, and how hot that is. */
#define MAP_SUMMARY_LEN 300
void map_summary(const struct map *map, char there[MAP_SUMMARY_LEN], char heat[MAP_SUMMARY_LEN]);

#endif
