/* What head.c and head_parse.c share: putting a field at the end of the table. Private to http/. */
#ifndef CAIRN_HTTP_HEAD_IMPL_H
#define CAIRN_HTTP_HEAD_IMPL_H

#include "http/head.h"

/* Makes the table larger. False where the arena is full. */
bool head_grow(struct head *h);

/* Room for one more? */
static inline bool
head_room(struct head *h)
{
	return h->count < h->cap || head_grow(h);
}

/* After head_room. The lengths fit struct field. */
static inline void
head_push(struct head *h, enum hdr id, struct str name, struct str value)
{
	h->fields[h->count++] = (struct field){
		.name = name.p,
		.value = value.p,
		.value_n = (uint32_t)value.n,
		.name_n = (uint16_t)name.n,
		.id = (uint16_t)id,
	};
	h->present[id / 64] |= (uint64_t)1 << (id % 64);
}

#endif
