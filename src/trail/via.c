#include "trail/via.h"

/* ---- what others wrote ---- */

/* Takes the word at the front, and the blanks before it with it: *s goes on behind both. */
static struct str
take_word(struct str *s)
{
	size_t start = 0, end;
	struct str word;

	while (start < s->n && (s->p[start] == ' ' || s->p[start] == '\t'))
		start++;
	end = start;
	while (end < s->n && s->p[end] != ' ' && s->p[end] != '\t')
		end++;
	word = str_of(s->p + start, end - start);
	*s = str_skip(*s, end);
	return word;
}

/* Those whose tiers stand in rows with ours, and who write the name of X-Cache here, too. */
static bool
is_tiers_comment(struct str comment)
{
	return str_eq(comment, STR("(cairn)")) || str_eq(comment, STR("(cairn")) || str_starts(comment, STR("(squid"));
}

/* The name in an element "1.1 edge-1 (cairn)" or "1.1 shield (squid/5.7)"; STR_NONE where neither wrote it. */
static struct str
tier_name(struct str element)
{
	struct str name, comment;

	take_word(&element); /* protocol and version */
	name = take_word(&element);
	comment = take_word(&element);
	return is_tiers_comment(comment) ? name : STR_NONE;
}

static void
add_element(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str element)
{
	struct str name = tier_name(element);
	char buf[TRAIL_OPAQUE_SIZE];

	if (name.p == NULL) {
		strbuf_add(out, element);
		return;
	}
	strbuf_add(out, str_of(element.p, (size_t)(name.p - element.p)));
	strbuf_add(out, trail_shown(n, who, name, buf));
	strbuf_add(out, str_of(name.p + name.n, (size_t)(element.p + element.n - name.p) - name.n));
}

/* Every comma is taken for a separator. Inside a stranger's comment it is none, but what lies between commas is copied
 * as it came, so nothing is lost; and no comment that somebody forgot to close can hide a name of ours. */
static void
add_received(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received)
{
	struct str element;

	while (str_cut(&received, ',', &element)) {
		add_element(out, n, who, element);
		strbuf_char(out, ',');
	}
	add_element(out, n, who, element);
}

/* ---- what this node writes ---- */

/* Behind `received`, which is written. */
static char *
put_version(char *p, int minor, struct str received)
{
	if (received.n > 0)
		p = str_put_lit(p, ", ");
	return minor == 0 ? str_put_lit(p, "1.0 ") : str_put_lit(p, "1.1 ");
}

void
trail_via_relayed(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received)
{
	strbuf_lit(out, "Via: ");
	add_received(out, n, who, received);
	strbuf_lit(out, "\r\n");
}

void
trail_via_response(struct strbuf *out, const struct trail_node *n, const struct audience *who, int minor,
		   struct str received)
{
	struct str self = trail_shown_self(n, who);
	char *p;

	strbuf_lit(out, "Via: ");
	if (received.n > 0 && who->names == NAMES_PLAIN)
		strbuf_add(out, received);
	else if (received.n > 0)
		add_received(out, n, who, received);
	p = strbuf_room(out, self.n + sizeof ", 1.1  (cairn)\r\n");
	if (p == NULL)
		return;
	p = str_put(put_version(p, minor, received), self);
	strbuf_took(out, str_put_lit(p, " (cairn)\r\n"));
}

void
trail_via_request(struct strbuf *out, const struct trail_node *n, int minor, struct str received)
{
	char *p = strbuf_room(out, received.n + n->name.n + TRAIL_INSTANCE_SIZE + sizeof "Via: , 1.1  (cairn )\r\n");

	if (p == NULL)
		return;
	p = str_put(str_put_lit(p, "Via: "), received);
	p = str_put(put_version(p, minor, received), n->name);
	p = str_put(str_put_lit(p, " (cairn "), str_of(n->instance_hex, TRAIL_INSTANCE_SIZE));
	strbuf_took(out, str_put_lit(p, ")\r\n"));
}

/* ---- loops ---- */

void
trail_cdn_loop(const struct trail_node *n, char out[TRAIL_CDN_LOOP_SIZE])
{
	_Static_assert(TRAIL_CDN_LOOP_SIZE == 6 + TRAIL_INSTANCE_SIZE, "cairn- and the instance");
	memcpy(out, "cairn-", 6);
	memcpy(out + 6, n->instance_hex, TRAIL_INSTANCE_SIZE);
}

/* Looked for as text, wherever it stands: nobody else can know the number, and no quote or comment that somebody before us
 * forgot to close can hide it. */
static bool
has_text(const struct head *request, enum hdr id, struct str text)
{
	for (const struct field *f = head_first(request, id); f != NULL; f = head_next(request, f))
		if (str_find(field_value(f), text) >= 0)
			return true;
	return false;
}

static bool
in_via(const struct trail_node *n, const struct head *request)
{
	char comment[] = "(cairn 0123456789abcdef)";

	memcpy(comment + 7, n->instance_hex, TRAIL_INSTANCE_SIZE);
	return has_text(request, HDR_VIA, str_of(comment, sizeof comment - 1));
}

static bool
in_cdn_loop(const struct trail_node *n, const struct head *request)
{
	char own[TRAIL_CDN_LOOP_SIZE];

	trail_cdn_loop(n, own);
	return has_text(request, HDR_CDN_LOOP, str_of(own, sizeof own));
}

bool
trail_is_loop(const struct trail_node *n, const struct head *request)
{
	return (head_has(request, HDR_VIA) && in_via(n, request)) ||
	       (head_has(request, HDR_CDN_LOOP) && in_cdn_loop(n, request));
}
