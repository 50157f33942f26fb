/* Members whose name is followed: `follow` of a member, and what of it says nothing. */
#ifndef CAIRN_OPS_SETTINGS_FOLLOW_H
#define CAIRN_OPS_SETTINGS_FOLLOW_H

#include "ops/settings_read.h"

/* Has the group follow the name of `m`, which was read from `at`, and its URL from `url`. False where it is one member: an
 * address stands for itself, whatever was asked for. *like: what the seats of those it stands for say, for the caller to
 * go on with; NULL where it is wrong. */
bool settings_follow_read(struct settings_reader *rd, struct settings_place at, struct settings_place url,
			  struct conf_upstream *u, struct conf_member *m, struct seat **like);

#endif
