#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void
text_add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->p + t->n, sizeof t->p - t->n, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof t->p - t->n)
		abort(); /* a message of this program's own making is too long */
	t->n += (size_t)n;
}

void
text_date(struct text *t, const char *name, int64_t seconds)
{
	char date[64];
	time_t at = seconds;
	struct tm tm;

	gmtime_r(&at, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	text_add(t, "%s: %s\r\n", name, date);
}

bool
text_field(const char *head, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
		const char *value = line + 2 + n + 1;

		if (strncasecmp(line + 2, name, n) != 0 || line[2 + n] != ':')
			continue;
		value += strspn(value, " ");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
		return true;
	}
	return false;
}

int64_t
text_number(const char *head, const char *name, const char *prefix)
{
	char value[512], *at;

	if (!text_field(head, name, value, sizeof value))
		return -1;
	at = strstr(value, prefix);
	return at == NULL ? -1 : strtoll(at + strlen(prefix), NULL, 10);
}

int64_t
text_date_field(const char *head, const char *name)
{
	char value[64];
	struct tm tm = { 0 };

	if (!text_field(head, name, value, sizeof value))
		return -1;
	return strptime(value, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL ? -1 : timegm(&tm);
}
