#define SCAN_NARROW
#include "test_scan.c"
