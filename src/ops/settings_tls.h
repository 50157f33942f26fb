/* The mapping `tls` of an upstream: whom its members of https are believed by, and what this node shows them. */
#ifndef CAIRN_OPS_SETTINGS_TLS_H
#define CAIRN_OPS_SETTINGS_TLS_H

#include "ops/settings_read.h"

/* Reads it, its files too where a member is of https, and has the group trust accordingly. Before members are added. */
void settings_tls_read(struct settings_reader *rd, struct settings_place upstream, struct conf_upstream *u);

#endif
