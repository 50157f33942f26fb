#include "ops/settings_passwords.h"

#include <stdlib.h>

#include "ops/settings_file.h"
#include "ops/settings_value.h"
#include "proxy/credentials.h"
#include "proxy/passwords.h"

#define USERS_MAX 100000

struct reading {
	struct settings_reader *rd;
	struct settings_place at; /* of the file's name */
	unsigned line;
	unsigned room;
};

static void
complain(struct reading *f, const char *what)
{
	struct str file = f->rd->conf->authentication.file;

	settings_report_error(f->rd->report, f->at, "%.*s, line %u: %s", STR_FMT(file), f->line, what);
}

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && s.n <= CREDENTIALS_USER_MAX;
}

static bool
make_room(struct reading *f)
{
	struct conf_authentication *c = &f->rd->conf->authentication;
	unsigned room = f->room == 0 ? 64 : f->room * 2;
	struct conf_user *users;

	if (c->user_count < f->room)
		return true;
	users = arena_alloc(f->rd->arena, room * sizeof *users);
	if (users == NULL)
		return false;
	if (c->user_count > 0)
		memcpy(users, c->users, c->user_count * sizeof *users);
	c->users = users;
	f->room = room;
	return true;
}

/* name:hash, as htpasswd writes it; what stands behind a second colon is somebody else's. */
static void
read_line(struct reading *f, struct str line)
{
	struct conf_authentication *c = &f->rd->conf->authentication;
	struct str rest = str_trim(line), name, hash;
	const char *wrong;

	if (rest.n == 0 || rest.p[0] == '#')
		return;
	if (!str_cut(&rest, ':', &name) || !is_name(name)) {
		complain(f, "must be a name, a colon and a hash of the password, such as `htpasswd -B` writes");
		return;
	}
	str_cut(&rest, ':', &hash);
	wrong = passwords_wrong_hash(hash);
	if (wrong != NULL)
		complain(f, wrong);
	else if (c->user_count == USERS_MAX)
		complain(f, "there are more users than a file may have");
	else if (make_room(f))
		c->users[c->user_count++] =
		    (struct conf_user){ arena_str(f->rd->arena, name), arena_str(f->rd->arena, hash) };
}

static void
read_lines(struct reading *f, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while (!settings_report_full(f->rd->report) && (n = getline(&line, &cap, in)) >= 0) {
		f->line++;
		if (n > 0 && line[n - 1] == '\n')
			n--;
		if (n > 0 && line[n - 1] == '\r')
			n--;
		read_line(f, str_of(line, (size_t)n));
	}
	free(line);
}

static int
by_name(const void *a, const void *b)
{
	return str_cmp(((const struct conf_user *)a)->name, ((const struct conf_user *)b)->name);
}

static void
sort(struct reading *f)
{
	struct conf_authentication *c = &f->rd->conf->authentication;

	if (c->user_count == 0) {
		settings_report_error(f->rd->report, f->at, "has no users");
		return;
	}
	qsort(c->users, c->user_count, sizeof *c->users, by_name);
	for (unsigned i = 1; i < c->user_count; i++)
		if (str_eq(c->users[i].name, c->users[i - 1].name)) {
			struct str shown = settings_value_quote(c->users[i].name, f->rd->arena);

			settings_report_error(f->rd->report, f->at, "has the user %.*s twice", STR_FMT(shown));
			return;
		}
}

static void
read_file(struct reading *f)
{
	FILE *in = settings_file_open(f->rd, f->at, f->rd->conf->authentication.file);

	if (in == NULL)
		return;
	read_lines(f, in);
	fclose(in);
	if (settings_report_errors(f->rd->report) == 0)
		sort(f);
}

void
settings_passwords_read(struct settings_reader *rd, struct settings_place at)
{
	struct conf_authentication *c = &rd->conf->authentication;
	struct reading f = { .rd = rd };

	settings_read_section(rd, SECTION_AUTHENTICATION, at, NULL, c);
	if (str_chr(c->realm, '"') >= 0 || str_chr(c->realm, '\\') >= 0)
		settings_report_error(rd->report, settings_read_blame(rd, at, STR("realm")),
				      "must be without quotes and backslashes");
	f.at = settings_read_blame(rd, at, STR("file"));
	if (c->file.n > 0)
		read_file(&f);
	else if (at.node != NULL)
		settings_report_error(rd->report, f.at, "file must be given: a line for each user, name:hash");
}
