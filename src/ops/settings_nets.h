/* Lists of networks, and of ports, in a configuration. */
#ifndef CAIRN_OPS_SETTINGS_NETS_H
#define CAIRN_OPS_SETTINGS_NETS_H

#include "ops/settings_read.h"

/* Parses the networks of the list under `key`: a network, an address, or a name of tbl/nets.def. An error for each that
 * is none. */
void settings_nets_read(struct settings_reader *rd, struct settings_place at, struct str key, struct str_list list,
			struct net_list *out);

/* Is it a network, an address, or a name for some? */
bool settings_nets_is(struct str word);

/* What words stand for, each of which is one of these. */
void settings_nets_named(struct arena *a, struct str_list words, struct net_list *out);

/* Parses the ports of the list under `key`: "80", "8000-8999". */
void settings_nets_ports(struct settings_reader *rd, struct settings_place at, struct str key, struct str_list list,
			 struct port_list *out);

#endif
