// SPDX-License-Identifier: GPL-2.0
#include "report/map.h"

#include <inttypes.h>
#include <string.h>

#include "decide/service.h"
#include "report/map_cells.h"
#include "report/text.h"

#define LABEL 16 /* columns before the cells: an address and some space */

/* ---- words of both kinds of pictures ---- */

static const char *kind_of(const struct map_mapping *mapping)
{
	return mapping->shared ? "shared memory" : "anonymous";
}

void map_mapping_title(const struct map *map, const struct map_mapping *mapping, char title[MAP_TITLE_LEN])
{
	char name[4 * MAP_NAME_LEN];
	size_t huge = 0;

	for (size_t i = 0; i < mapping->n; i++)
		huge += map->slots[mapping->first + i].huge;
	text_clean(mapping->name, name, sizeof(name));
	snprintf(title, MAP_TITLE_LEN, "%s%s%.*s: %zu MiB with memory, %zu of them huge", kind_of(mapping),
		 *name ? " " : "", MAP_NAME_LEN, name, mapping->n * 2, huge * 2);
}

/* Of what pays, by the daemon's rates, and is huge by the page tables. */
static void heat_words(const struct map *map, char heat[MAP_SUMMARY_LEN])
{
	size_t pays = 0, huge = 0;
	char untold[100] = "";

	for (size_t i = 0; i < map->n_slots; i++) {
		bool does = map->slots[i].rate_per_s >= map->least_per_s;

		pays += does;
		huge += does && map->slots[i].huge;
	}
	if (map->untold)
		snprintf(untold, sizeof(untold), "; of %zu MiB that are accessed less it is not told",
			 map->untold * 2);
	snprintf(heat, MAP_SUMMARY_LEN,
		 "%zu MiB pay for huge pages, by %.*f accesses a second to 2 MiB and more; %zu of them are "
		 "huge "
		 "(heat as of %.0f s ago%s)",
		 pays * 2, map->least_per_s < 10 ? 2 : 0, map->least_per_s, huge * 2, map->age_s, untold);
}

void map_summary(const struct map *map, char there[MAP_SUMMARY_LEN], char heat[MAP_SUMMARY_LEN])
{
	char left[60] = "";
	size_t huge = 0;

	for (size_t i = 0; i < map->n_slots; i++)
		huge += map->slots[i].huge;
	if (map->left_out)
		snprintf(left, sizeof(left), " (%zu more were not looked at)", map->left_out * 2);
	snprintf(there, MAP_SUMMARY_LEN, "%zu MiB in slots with memory%s, %zu of them huge", map->n_slots * 2,
		 left, huge * 2);
	if (map->heat_known)
		heat_words(map, heat);
	else
		snprintf(heat, MAP_SUMMARY_LEN, "how hot it is is not known, as no daemon watches it");
}

/* ---- characters ---- */

/* By how much of it is there. */
static const char *block_of(const struct map_cell *cell, unsigned int slots_per_cell)
{
	static const char *const heights[] = {"▁", "▂", "▃", "▄"};
	unsigned int whole = slots_per_cell * SLOT_PAGES;

	if (map_cell_is_huge(cell))
		return "█";
	return heights[cell->pages >= whole ? 3 : cell->pages * 4 / whole];
}

static char char_of(const struct map_cell *cell)
{
	unsigned int level = map_level(cell->rate_per_s);

	if (!level)
		return map_cell_is_huge(cell) ? 'o' : '.';
	return (char)((map_cell_is_huge(cell) ? 'A' : '0') + (int)level - 1);
}

static bool is_told_by_mark(const struct map_cell *cell)
{
	return cell->mark > MAP_HUGE;
}

static void print_cell(const struct map_cell *cell, unsigned int slots_per_cell, const struct map_look *look,
		       FILE *file)
{
	if (!cell->slots)
		fputc(' ', file);
	else if (is_told_by_mark(cell))
		fputc(map_mark_char(cell->mark), file);
	else if (look->blocks)
		fputs(block_of(cell, slots_per_cell), file);
	else
		fputc(char_of(cell), file);
}

/* A colour is turned on where it changes. */
static void print_cells(const struct map_cells *cells, const struct map_row *row, const struct map_look *look,
			FILE *file)
{
	unsigned int level = MAP_LEVELS;

	for (size_t i = 0; i < row->n; i++) {
		const struct map_cell *cell = &cells->cells[row->first + i];

		if (cell->slots && map_level(cell->rate_per_s) != level) {
			level = map_level(cell->rate_per_s);
			fputs(look->colours[level], file);
		}
		print_cell(cell, cells->slots_per_cell, look, file);
	}
	if (level != MAP_LEVELS)
		fputs(look->plain, file);
	fputc('\n', file);
}

static void print_gap(uint64_t bytes, FILE *file)
{
	char size[TEXT_BYTES_LEN];

	text_bytes(bytes, size);
	fprintf(file, "%*s(%s without memory)\n", LABEL, "", size);
}

static void print_rows(const struct map *map, const struct map_cells *cells, const struct map_look *look,
		       FILE *file)
{
	char title[MAP_TITLE_LEN];

	for (size_t i = 0; i < cells->n_rows; i++) {
		const struct map_row *row = &cells->rows[i];

		if (!i || row->mapping != row[-1].mapping) {
			map_mapping_title(map, &map->mappings[row->mapping], title);
			fprintf(file, "\n%s\n", title);
		} else if (row->gap) {
			print_gap(row->gap, file);
		}
		fprintf(file, "%14" PRIx64 "  ", row->start);
		print_cells(cells, row, look, file);
	}
	if (cells->hidden)
		fprintf(file, "\nand %zu more mappings with %zu MiB, each with less than those\n",
			cells->hidden, cells->hidden_slots * 2);
}

/* ---- the legend ---- */

static void print_scale(const struct map_cells *cells, FILE *file)
{
	fprintf(file, "\na cell: %u MiB", cells->slots_per_cell * 2);
	if (cells->slots_per_cell > 1)
		fprintf(file, ", of %u slots, with the heat of the hottest of them", cells->slots_per_cell);
	fputc('\n', file);
}

static void print_colours(const struct map_look *look, FILE *file)
{
	static const char *const words[MAP_LEVELS] = {
		"not accessed", "<10", "<100", "<1k", "<10k", "<100k", "<1M", "1M and more a second"};

	fputs("heat:", file);
	for (unsigned int i = 0; i < MAP_LEVELS; i++)
		fprintf(file, "  %s█%s %s", look->colours[i], look->plain, words[i]);
	fputc('\n', file);
}

static void print_kinds(const struct map *map, const struct map_look *look, FILE *file)
{
	if (look->blocks) {
		fputs("█ huge   ▄ in small pages   ▁▂▃ so much of it is there\n", file);
		if (map->heat_known)
			print_colours(look, file);
		return;
	}
	fputs(". in small pages   o huge\n", file);
	if (map->heat_known)
		fputs("0 1 2 ... 6 in small pages, and accessed 1, 10, 100 ... 1M times a second and more; A "
		      "B C ... G "
		      "the same, and huge\n",
		      file);
}

static void print_marks(const struct map_cells *cells, FILE *file)
{
	static const char *const words[MAP_MARKS] = {
		[MAP_NEXT] = "to be collapsed next",
		[MAP_WAITS] = "refused by the kernel, tried again later",
		[MAP_SPARSE] = "pays, and too little of it is there",
		[MAP_SHARED] = "shared with other processes",
		[MAP_NO_ROOM] = "pays, and there is no room for it to grow",
	};
	bool seen[MAP_MARKS] = {false};

	for (size_t i = 0; i < cells->n_cells; i++)
		seen[cells->cells[i].mark] = true;
	for (enum map_mark mark = MAP_NEXT; mark < MAP_MARKS; mark++)
		if (seen[mark])
			fprintf(file, "%c %s\n", map_mark_char(mark), words[mark]);
}

int map_print(const struct map *map, const struct map_look *look, FILE *file)
{
	unsigned int width = look->width > LABEL + 8 ? look->width - LABEL : 8;
	char there[MAP_SUMMARY_LEN], heat[MAP_SUMMARY_LEN], name[4 * WHOSE_NAME_LEN];
	struct map_cells cells;
	int err = map_cells_make(&cells, map, width);

	if (!err) {
		text_clean(map->name, name, sizeof(name));
		map_summary(map, there, heat);
		fprintf(file, "%s\n%s\n%s\n", name, there, heat);
		print_rows(map, &cells, look, file);
		print_scale(&cells, file);
		print_kinds(map, look, file);
		print_marks(&cells, file);
	}
	map_cells_free(&cells);
	return err;
}
