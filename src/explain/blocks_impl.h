/* What the files of blocks.h share: lines (blocks_line.c), what tools say beside the heads (blocks_clues.c), a
 * browser's panel (blocks_panel.c), heads without a start line (blocks_bare.c), what comes after what (blocks_flow.c), and
 * the reader (blocks.c). Private to explain/. */
#ifndef CAIRN_EXPLAIN_BLOCKS_IMPL_H
#define CAIRN_EXPLAIN_BLOCKS_IMPL_H

#include "explain/draft.h"

/* ---- lines ---- */

enum line_kind {
	LINE_EMPTY,
	LINE_STATUS,  /* HTTP/1.1 200 OK */
	LINE_REQUEST, /* GET / HTTP/1.1 */
	LINE_FIELD,   /* Name: value */
	LINE_NOTE,    /* curl's own words: "* Connected to ...", "{ [5 bytes data]" */
	LINE_TEXT,    /* anything else */
};

struct line {
	enum line_kind kind;
	char side;  /* '<' or '>', which curl -v puts before it; 0 */
	bool crlf;  /* so it ended, as on the wire */
	bool newer; /* of a start line: HTTP/2 and HTTP/3 */
	unsigned indent;
	int minor, status;
	struct str text; /* behind side and indent */
	struct str name,
	    value; /* of a field; of a request line: method and target; of a status line: the reason is `value` */
};

/* What the line is. `p` is changed: colours are taken out. */
void line_read(struct line *l, char *p, size_t n);

/* A status line at the end of a body's last line, since bodies need not end with a newline. */
bool line_find_status(struct line *l);

/* ---- clues: what tools say beside the heads ---- */

#define CLUES_URL 8192

struct clues {
	char url[CLUES_URL]; /* of what is asked for next */
	size_t url_n;
	char ip[64];
	size_t ip_n;
	bool tls;
	bool loose; /* the URL is somebody's own line: it counts if a head comes right behind */
};

/* From a line that belongs to no head and is not empty. */
void clues_take(struct clues *c, const struct line *l);

/* ---- the panel: the text of a browser's headers panel ---- */

enum panel_label {
	PANEL_NONE,
	PANEL_GENERAL,  /* begins the part about both */
	PANEL_REQUEST,  /* begins the request's fields */
	PANEL_RESPONSE, /* begins the response's fields */
	PANEL_URL,
	PANEL_METHOD,
	PANEL_STATUS,
	PANEL_ADDRESS,
	PANEL_SOURCE,
	PANEL_OTHER, /* one that has a value which nobody asks for */
};

/* Is it a label, "Request URL: https://..." or alone? *value is what stands behind it, empty where it stands alone.
 * Some words are labels only `inside` of what has shown to be a panel. */
enum panel_label panel_label(struct str text, bool inside, struct str *value);

/* "200 OK (from disk cache)", "Memory Cache". */
void panel_status(struct exchange *x, struct str value);
void panel_source(struct exchange *x, struct str value);

/* May a line without a colon be the name of a field whose value is on the next line? */
bool panel_is_name(struct str text);

/* ---- the reader ---- */

enum blocks_state {
	BLOCKS_OUTSIDE, /* no body can be here: bare heads may */
	BLOCKS_HEAD,
	BLOCKS_BARE,
	BLOCKS_HELD, /* behind a head that gives a length: is it the body's? */
	BLOCKS_BODY,
};

struct blocks {
	struct input_sink sink;
	struct draft draft;
	struct clues clues;
	enum blocks_state state;

	char *run; /* bytes that are not read yet */
	size_t n, cap;
	uint64_t line;   /* number of the latest */
	size_t hold;     /* BLOCKS_HELD: bytes that the body should have */
	bool torn;       /* of the line in `run`, the beginning has been let go */
	bool body_begun; /* there was something since the last head */
	bool gap;        /* the line before was empty */
	bool asked;      /* the draft has a request that waits for its response */

	/* Of the head that is being read, or was the last. */
	uint64_t begun; /* its first line */
	unsigned indent;
	char side;
	bool crlf;
	bool doubtful; /* it may be part of a body that looks like a head */
	bool odd;      /* the line before could not be read */
	bool told;     /* that it is not UTF-8 */

	/* Of a bare one. */
	bool panel;         /* a browser's panel: what it knows of both heads comes in parts */
	bool pairs;         /* names and values are on lines of their own */
	struct str waiting; /* a name without its value */
	enum panel_label waiting_label;
	bool waiting_colon; /* it had one */
};

void blocks_trouble(struct blocks *b, const char *what);

/* A field of the head that is being read. */
void blocks_field(struct blocks *b, struct str name, struct str value);

/* The exchange is whole: on to whom it is for. */
void blocks_tell(struct blocks *b);

/* A whole line, which is changed. */
void blocks_line(struct blocks *b, char *p, size_t n);

/* In BLOCKS_HELD, with bytes from `*at` on: passes the body over, where it is as long as its head says. False: more are
 * needed to tell. */
bool blocks_try_hold(struct blocks *b, size_t *at, bool final);

void blocks_end_head(struct blocks *b);

/* Does the line begin a bare head? It has been read as its first line then. */
bool blocks_bare_begin(struct blocks *b, const struct line *l);

/* False: the head ended before this line, which is to be read anew. */
bool blocks_bare_line(struct blocks *b, const struct line *l);
void blocks_bare_end(struct blocks *b);

#endif
