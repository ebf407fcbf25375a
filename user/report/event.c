// SPDX-License-Identifier: GPL-2.0
#include "report/event.h"

static const struct {
	const char *name, *message_id;
} events[EVENTS] = {
	[EVENT_NONE] = {"", NULL},
	[EVENT_READY] = {"ready", "fbbc7e99c0fb418c82d4c57e095cc7c0"},
	[EVENT_IN] = {"in", "3a7c43ae363a47ca9a3a1f143ca94c50"},
	[EVENT_OUT] = {"out", "6e996e1715234db3bb3ef351bd41c46c"},
	[EVENT_SKIPPED] = {"skipped", "bbcb30e6039d4e7ba573a95c526ea764"},
	[EVENT_SATISFIED] = {"satisfied", "f31b26f189144d21bff69583923aaa5b"},
	[EVENT_GAINS] = {"gains", "4851b05c5d894e03809413e5674d25d6"},
	[EVENT_NOTHING] = {"nothing", "480431a28f5f4788adde5ff95b1daa81"},
	[EVENT_CAPPED] = {"capped", "bd899e386c014a2eaf99c27495124fcb"},
	[EVENT_STUCK] = {"stuck", "b6501d9795334b798c42d103063df61f"},
};

const char *event_name(enum event event)
{
	return events[event].name;
}

const char *event_message_id(enum event event)
{
	return events[event].message_id;
}

bool event_is_for_hook(enum event event)
{
	return event == EVENT_SATISFIED || event == EVENT_GAINS || event == EVENT_NOTHING ||
	       event == EVENT_CAPPED || event == EVENT_STUCK;
}
