/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <sio.h>

G_BEGIN_DECLS

/* Writes the text format of Prometheus, version 0.0.4. Names get the prefix "socketio_". */
typedef struct
{
  GString *text;
  char *name; /* of the family that is being written */
} SiosExposition;

typedef struct
{
  const char *name;  /* NULL ends the list */
  const char *value; /* anything; is escaped */
} SiosLabel;

void sios_exposition_init (SiosExposition *self);
/* Frees everything but the text. */
GBytes *sios_exposition_end (SiosExposition *self);

/* Begins a family: all values that follow are of it. @type: "counter", "gauge", "histogram".
 * @unit may be NULL; the suffix _total of counters is added. */
void sios_exposition_family (
    SiosExposition *self, const char *type, const char *name, const char *unit, const char *help);
/* @labels may be NULL. */
void sios_exposition_add (SiosExposition *self, const SiosLabel *labels, guint64 value);
void sios_exposition_add_double (SiosExposition *self, const SiosLabel *labels, double value);
/* Buckets, sum and number of @histogram, whose values are microseconds, in seconds. */
void sios_exposition_add_histogram (SiosExposition *self,
                                    const SiosLabel *labels,
                                    SioHistogram *histogram);

G_END_DECLS
