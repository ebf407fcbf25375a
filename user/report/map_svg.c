// SPDX-License-Identifier: GPL-2.0
/* The picture as SVG: for reports, where a terminal's text does not do. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "decide/service.h"
#include "report/map_cells.h"
#include "report/text.h"

/* In pixels. */
#define CELL	   12 /* with the gap to the next one */
#define SIDE	   11 /* of a huge one */
#define SMALL_SIDE 7  /* of one in small pages that is whole */
#define LEAST_SIDE 3
#define LEFT	   130
#define MARGIN	   24
#define CELLS	   64 /* in a row */
#define WIDTH	   (LEFT + CELLS * CELL + MARGIN)
#define LINE	   20

static const char *const colours[MAP_LEVELS] = {"#565a6e", "#4b2a8c", "#7a2a96", "#aa3585",
						"#d9466b", "#f4754a", "#fbb03b", "#fcf3a4"};

/* A place on the page: what is drawn next goes below. */
struct page {
	FILE *file;
	unsigned int y;
};

/* What others chose, in XML. */
static void put_text(FILE *file, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", file);
		else if (*text == '>')
			fputs("&gt;", file);
		else if (*text == '&')
			fputs("&amp;", file);
		else
			fputc(*text, file);
	}
}

__attribute__((format(printf, 4, 5))) static void text_at(const struct page *page, unsigned int x,
							  const char *class, const char *format, ...)
{
	char text[1024], clean[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	text_clean(text, clean, sizeof(clean));
	fprintf(page->file, "<text x=\"%u\" y=\"%u\" class=\"%s\">", x, page->y, class);
	put_text(page->file, clean);
	fputs("</text>\n", page->file);
}

/* The side of the square: its area is what is there. */
static unsigned int side_of(const struct map_cell *cell, unsigned int slots_per_cell)
{
	unsigned int whole = slots_per_cell * SLOT_PAGES, side = SMALL_SIDE;

	if (map_cell_is_huge(cell))
		return SIDE;
	while (side > LEAST_SIDE && (side - 1) * (side - 1) * whole >= SMALL_SIDE * SMALL_SIDE * cell->pages)
		side--;
	return side;
}

/* Over a square of SIDE at (x, y), so that it is seen on any colour. */
static void draw_mark(FILE *file, enum map_mark mark, unsigned int x, unsigned int y)
{
	switch (mark) {
	case MAP_NEXT:
		fprintf(file, "<path class=\"next\" d=\"M%u %uh%uv%uh-%uz\"/>\n", x, y, SIDE, SIDE, SIDE);
		return;
	case MAP_WAITS:
		fprintf(file, "<path class=\"waits\" d=\"M%u %ul%u %um0-%ul-%u %u\"/>\n", x + 1, y + 1,
			SIDE - 2, SIDE - 2, SIDE - 2, SIDE - 2, SIDE - 2);
		return;
	case MAP_SHARED:
		fprintf(file, "<circle class=\"shared\" cx=\"%u.5\" cy=\"%u.5\" r=\"4.5\"/>\n", x + SIDE / 2,
			y + SIDE / 2);
		return;
	case MAP_SPARSE:
	case MAP_NO_ROOM:
		fprintf(file, "<path class=\"%s\" d=\"M%u %uh%u\"/>\n",
			mark == MAP_SPARSE ? "sparse" : "room", x + 1, y + SIDE, SIDE - 2);
		return;
	default:
		return;
	}
}

static void draw_cell(FILE *file, const struct map_cell *cell, unsigned int slots_per_cell, unsigned int x,
		      unsigned int y)
{
	unsigned int side = side_of(cell, slots_per_cell), off = (SIDE - side) / 2;

	if (!cell->slots)
		return;
	fprintf(file, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\"/>\n", x + off, y + off,
		side, side, colours[map_level(cell->rate_per_s)]);
	draw_mark(file, cell->mark, x, y);
}

static void draw_row(struct page *page, const struct map_cells *cells, const struct map_row *row)
{
	text_at(page, MARGIN, "address", "%" PRIx64, row->start);
	for (size_t i = 0; i < row->n; i++)
		draw_cell(page->file, &cells->cells[row->first + i], cells->slots_per_cell,
			  LEFT + (unsigned int)i * CELL, page->y - SIDE + 1);
	page->y += CELL;
}

static void draw_rows(struct page *page, const struct map *map, const struct map_cells *cells)
{
	char title[MAP_TITLE_LEN], size[TEXT_BYTES_LEN];

	for (size_t i = 0; i < cells->n_rows; i++) {
		const struct map_row *row = &cells->rows[i];

		if (!i || row->mapping != row[-1].mapping) {
			map_mapping_title(map, &map->mappings[row->mapping], title);
			page->y += LINE / 2;
			text_at(page, LEFT, "mapping", "%s", title);
			page->y += LINE - 4;
		} else if (row->gap) {
			text_bytes(row->gap, size);
			text_at(page, LEFT, "address", "%s without memory", size);
			page->y += CELL;
		}
		draw_row(page, cells, row);
	}
	if (!cells->hidden)
		return;
	page->y += LINE / 2;
	text_at(page, LEFT, "mapping", "and %zu more mappings with %zu MiB, each with less than those",
		cells->hidden, cells->hidden_slots * 2);
	page->y += LINE;
}

/* ---- the legend ---- */

/* One cell and its words, in a new line where there is no room; returns where the next one goes. */
static unsigned int explain_cell(struct page *page, unsigned int x, const struct map_cell *cell,
				 const char *words)
{
	unsigned int width = CELL + 24 + 7 * text_columns(words);

	if (x + width > WIDTH && x > LEFT) {
		x = LEFT;
		page->y += LINE;
	}
	draw_cell(page->file, cell, 1, x, page->y - SIDE + 1);
	text_at(page, x + CELL + 6, "legend", "%s", words);
	return x + width;
}

static void draw_heat_scale(struct page *page)
{
	static const char *const words[MAP_LEVELS] = {
		"not accessed", "below 10", "100", "1000",
		"10 000",	"100 000",  "1 M", "more accesses a second"};
	double rate = 0.5;
	unsigned int x = LEFT;

	for (unsigned int i = 0; i < MAP_LEVELS; i++, rate *= 10) {
		struct map_cell cell = {.slots = 1, .huge = 1, .rate_per_s = i ? rate : 0};

		x = explain_cell(page, x, &cell, words[i]);
	}
	page->y += LINE;
}

static void draw_kinds(struct page *page, const struct map_cells *cells)
{
	static const struct map_cell huge = {.slots = 1, .huge = 1, .rate_per_s = 500},
				     small = {.slots = 1, .pages = SLOT_PAGES, .rate_per_s = 500},
				     part = {.slots = 1, .pages = SLOT_PAGES / 4, .rate_per_s = 500};
	char words[80];
	unsigned int x;

	snprintf(words, sizeof(words), "huge; a square is %u MiB", cells->slots_per_cell * 2);
	x = explain_cell(page, LEFT, &huge, words);
	x = explain_cell(page, x, &small, "in small pages");
	explain_cell(page, x, &part, "and a part of it is there");
	page->y += LINE;
}

static void draw_marks(struct page *page, const struct map_cells *cells)
{
	static const char *const words[MAP_MARKS] = {
		[MAP_NEXT] = "to be collapsed next", [MAP_WAITS] = "refused by the kernel",
		[MAP_SPARSE] = "too sparse",	     [MAP_SHARED] = "shared with other processes",
		[MAP_NO_ROOM] = "no room to grow",
	};
	bool seen[MAP_MARKS] = {false}, any = false;
	unsigned int x = LEFT;

	for (size_t i = 0; i < cells->n_cells; i++)
		seen[cells->cells[i].mark] = true;
	for (enum map_mark mark = MAP_NEXT; mark < MAP_MARKS; mark++) {
		struct map_cell cell = {.slots = 1, .pages = SLOT_PAGES, .rate_per_s = 500, .mark = mark};

		if (!seen[mark])
			continue;
		x = explain_cell(page, x, &cell, words[mark]);
		any = true;
	}
	page->y += any ? LINE : 0;
}

/* ---- the page ---- */

static void begin(FILE *file, unsigned int height)
{
	fprintf(file,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" viewBox=\"0 0 %u "
		"%u\">\n"
		"<style>\n"
		"text { font-family: ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; "
		"font-size: 12px; "
		"fill: #a9adc1 }\n"
		".head { font-size: 16px; font-weight: bold; fill: #f2f3f7 }\n"
		".mapping { fill: #d5d8e5 }\n"
		".address { font-size: 10.5px; fill: #787d95 }\n"
		".next { fill: none; stroke: #6ee7a0; stroke-width: 1.6 }\n"
		".waits { fill: none; stroke: #ffffff; stroke-width: 1.6 }\n"
		".shared { fill: none; stroke: #62c6ff; stroke-width: 1.4 }\n"
		".sparse { stroke: #9aa0b5; stroke-width: 1.6 }\n"
		".room { stroke: #ff6b6b; stroke-width: 1.6 }\n"
		"</style>\n"
		"<rect width=\"%u\" height=\"%u\" rx=\"8\" fill=\"#171923\"/>\n",
		(unsigned int)WIDTH, height, (unsigned int)WIDTH, height, (unsigned int)WIDTH, height);
}

static void draw_page(struct page *page, const struct map *map, const struct map_cells *cells)
{
	char there[MAP_SUMMARY_LEN], heat[MAP_SUMMARY_LEN];

	text_at(page, MARGIN, "head", "%s", map->name);
	map_summary(map, there, heat);
	page->y += LINE + 4;
	text_at(page, MARGIN, "summary", "%s", there);
	page->y += LINE - 2;
	text_at(page, MARGIN, "summary", "%s", heat);
	page->y += LINE;
	draw_rows(page, map, cells);
	page->y += LINE;
	draw_kinds(page, cells);
	if (map->heat_known)
		draw_heat_scale(page);
	draw_marks(page, cells);
}

/* How high it is, is known once it is drawn. */
int map_print_svg(const struct map *map, FILE *file)
{
	struct map_cells cells = {0};
	char *text = NULL;
	size_t size = 0;
	struct page page = {open_memstream(&text, &size), 2 * LINE};
	int err = page.file ? map_cells_make(&cells, map, CELLS) : -ENOMEM;

	if (!err)
		draw_page(&page, map, &cells);
	map_cells_free(&cells);
	if (page.file && fclose(page.file) && !err)
		err = -ENOMEM;
	if (!err) {
		begin(file, page.y);
		fwrite(text, 1, size, file);
		fputs("</svg>\n", file);
	}
	free(text);
	return err;
}
