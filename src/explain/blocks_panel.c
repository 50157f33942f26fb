/* The text of the headers panels of Chrome, Firefox and Safari, as it is copied: labels and values, on one line or on
 * two. */
#include "explain/blocks_impl.h"
#include "http/fields.h"

/* Chrome's and Firefox's words, then Safari's, most of which may be a field's name as well. */
static const struct {
	struct str name;
	enum panel_label label;
	bool inside;
} rows[] = {
	{ STR_INIT("General"), PANEL_GENERAL, false },
	{ STR_INIT("Request Headers"), PANEL_REQUEST, false },
	{ STR_INIT("Response Headers"), PANEL_RESPONSE, false },
	{ STR_INIT("Request URL"), PANEL_URL, false },
	{ STR_INIT("Request Method"), PANEL_METHOD, false },
	{ STR_INIT("Status Code"), PANEL_STATUS, false },
	{ STR_INIT("Remote Address"), PANEL_ADDRESS, false },
	{ STR_INIT("Referrer Policy"), PANEL_OTHER, false },
	{ STR_INIT("Summary"), PANEL_GENERAL, false },
	{ STR_INIT("Request"), PANEL_REQUEST, true },
	{ STR_INIT("Response"), PANEL_RESPONSE, true },
	{ STR_INIT("URL"), PANEL_URL, true },
	{ STR_INIT("Status"), PANEL_STATUS, true },
	{ STR_INIT("Source"), PANEL_SOURCE, true },
	{ STR_INIT("Address"), PANEL_ADDRESS, true },
	{ STR_INIT("Initiator"), PANEL_OTHER, true },
};

/* Behind a label may be nothing, a colon and a value, or the section's size in brackets. */
static bool
stands_behind(struct str rest, struct str *value)
{
	*value = STR("");
	rest = str_trim(rest);
	if (rest.n == 0 || rest.p[0] == '(')
		return true;
	if (rest.p[0] != ':')
		return false;
	*value = str_trim(str_skip(rest, 1));
	return true;
}

enum panel_label
panel_label(struct str text, bool inside, struct str *value)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str name = rows[i].name;

		/* Each line of each bare head comes by here, and few begin so. */
		if (text.n < name.n || text.p[0] != name.p[0] || (rows[i].inside && !inside))
			continue;
		if (str_starts(text, name) && stands_behind(str_skip(text, name.n), value))
			return rows[i].label;
	}
	return PANEL_NONE;
}

void
panel_source(struct exchange *x, struct str value)
{
	static const struct {
		struct str word;
		enum browser_source browser;
		enum worker_source worker;
	} sources[] = {
		{ STR_INIT("memory cache"), BROWSER_MEMORY, WORKER_NONE },
		{ STR_INIT("disk cache"), BROWSER_DISK, WORKER_NONE },
		{ STR_INIT("prefetch cache"), BROWSER_CACHE, WORKER_NONE },
		{ STR_INIT("service worker"), BROWSER_NOT_TOLD, WORKER_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		if (!str_ieq(value, sources[i].word))
			continue;
		x->browser = sources[i].browser;
		x->worker = sources[i].worker;
	}
}

void
panel_status(struct exchange *x, struct str value)
{
	struct str code, source;
	uint64_t status;

	if (str_cut(&value, '(', &code)) {
		str_cut(&value, ')', &source);
		panel_source(x, str_istarts(source, STR("from ")) ? str_skip(source, 5) : source);
	}
	code = str_head(code, 3);
	if (str_u64(code, &status) && status >= 100)
		x->response.status = (int)status;
}

/* One that is known, or looks like no word of prose: small letters with a hyphen between them. */
bool
panel_is_name(struct str text)
{
	bool pseudo = text.n > 1 && text.p[0] == ':';
	bool hyphen = false;

	if (pseudo || hdr_id(text) != HDR_OTHER)
		return token_valid(str_skip(text, pseudo));
	for (size_t i = 0; i < text.n; i++) {
		hyphen |= text.p[i] == '-' && i > 0 && i + 1 < text.n;
		if (text.p[i] != '-' && !ascii_digit(text.p[i]) && (text.p[i] < 'a' || text.p[i] > 'z'))
			return false;
	}
	return hyphen;
}
