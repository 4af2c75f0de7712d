/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How numbers are written for people. */
typedef enum
{
  SIOA_UNIT_COUNT,
  SIOA_UNIT_PER_SECOND,
  SIOA_UNIT_BYTES,
  SIOA_UNIT_BYTES_PER_SECOND,
  SIOA_UNIT_TIME,     /* microseconds */
  SIOA_UNIT_PROCESSOR /* microseconds for each second: shown in percent */
} SioaUnit;

/* "–" for NAN. */
char *sioa_unit_format (SioaUnit unit, double value);
/* A span of time, such as "2 h 5 min"; @microseconds < 0: "–". */
char *sioa_unit_format_duration (gint64 microseconds);
/* The least round number of this unit that is at least @value: where an axis may end. */
double sioa_unit_ceiling (SioaUnit unit, double value);

G_END_DECLS
