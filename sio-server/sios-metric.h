/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  SIOS_METRIC_COUNTER, /* only grows */
  SIOS_METRIC_GAUGE
} SiosMetricKind;

/* A number that a feature counts. /status, D-Bus and Prometheus show the same ones: the names are
 * lower case with underscores, and each of them changes what is needed. */
typedef struct
{
  const char *group; /* "unknown_events" */
  const char *name;  /* "dropped", without a suffix such as _total */
  SiosMetricKind kind;
  const char *help;  /* one sentence */
  const char *label; /* NULL, or "reason": several values of one name come one after another */
  const char *label_value; /* "expired"; few different ones, never what peers choose */
  guint64 value;
} SiosMetric;

typedef void (*SiosMetricFunc) (const SiosMetric *metric, gpointer user_data);

G_END_DECLS
