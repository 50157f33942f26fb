/* Origins that fail in every way: they refuse, reset, cut, drip, fall silent, answer 5xx and nonsense, say more than
 * they announced. */
#ifndef CAIRN_TESTS_SOAK_ORIGIN_H
#define CAIRN_TESTS_SOAK_ORIGIN_H

#include <stdint.h>

#define ORIGINS 3

/* Listens; returns the port. At most ORIGINS times. */
uint16_t origin_open(void);

/* Doors are shut, by chance, and opened again: to be called now and then. */
void origin_turn_doors(void);

/* Closes what is open, and takes no more. */
void origin_close_all(void);

#endif
