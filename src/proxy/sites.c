#include "proxy/sites.h"

#include "base/must.h"
#include "http/uri.h"

static struct site *
place_for(struct sites *s, struct str field)
{
	unsigned mix = (unsigned char)field.p[0] + 7u * (unsigned char)field.p[field.n / 2] +
		       31u * (unsigned char)field.p[field.n - 1] + (unsigned)field.n;

	return &s->site[mix % SITES];
}

static bool
remember(struct site *site, struct str field)
{
	struct key_parts parts = { .scheme = STR("http") };
	struct strbuf origin = strbuf_fixed(site->origin, sizeof site->origin);

	if (!uri_parse_host(field, &parts.host, &parts.port))
		return false;
	key_origin(&origin, &parts);
	if (origin.over)
		return false;
	memcpy(site->field, field.p, field.n);
	site->field_n = (uint8_t)field.n;
	site->host_n = (uint8_t)parts.host.n;
	site->port = parts.port;
	site->origin_n = (uint8_t)origin.n;
	return true;
}

bool
sites_find(struct sites *s, struct str field, struct key_parts *out)
{
	struct site *site;

	if (field.n == 0 || field.n > SITE_FIELD)
		return false;
	site = place_for(s, field);
	if (UNLIKELY(!str_eq(str_of(site->field, site->field_n), field))) {
		site->field_n = 0;
		if (!remember(site, field))
			return false;
	}
	out->scheme = STR("http");
	out->host = str_head(field, site->host_n);
	out->port = site->port;
	out->origin = str_of(site->origin, site->origin_n);
	return true;
}
