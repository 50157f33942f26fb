/* Text in columns: where a line ends. Pure. */
#ifndef CAIRN_BASE_WRAP_H
#define CAIRN_BASE_WRAP_H

#include "base/str.h"

/* Columns that a terminal shows of valid text without characters that act; what is not valid counts one a byte. */
size_t wrap_columns(struct str s);

/* Takes from *text as many words as `columns` have room for, one at least, without the space behind them. A word that
 * is too long alone is given whole. Words are parted by single spaces. */
struct str wrap_line(struct str *text, size_t columns);

/* The same, but a word that is too long for a line of its own is cut at the last column, wherever it begins. For values
 * that have no spaces. */
struct str wrap_cut(struct str *text, size_t columns);

#endif
