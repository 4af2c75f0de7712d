/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sioa-record.h"

G_BEGIN_DECLS

/* What a server did, in rings of moments of equal length: a second each for ten minutes, ten
 * seconds each for two hours, a minute each for a day. Adding a sample is O(1). */
#define SIOA_TYPE_HISTORY (sioa_history_get_type ())
G_DECLARE_FINAL_TYPE (SioaHistory, sioa_history, SIOA, HISTORY, GObject)

typedef enum
{
  SIOA_SPAN_10_MINUTES,
  SIOA_SPAN_2_HOURS,
  SIOA_SPAN_DAY,
  SIOA_N_SPANS
} SioaSpan;

/* The first ones are as they were at the end; of all from SIOA_EVENTS_IN on, how many there were.
 */
typedef enum
{
  SIOA_CONNECTIONS,
  SIOA_POLLING,
  SIOA_ROOMS,
  SIOA_MEMORY,
  SIOA_ROUND_TRIP, /* of the own connection, in microseconds */
  SIOA_EVENTS_IN,
  SIOA_EVENTS_OUT,
  SIOA_BYTES_IN,
  SIOA_BYTES_OUT,
  SIOA_CONNECTED,
  SIOA_DISCONNECTED,
  SIOA_ERRORS,
  SIOA_REFUSED,
  SIOA_CPU,
  SIOA_N_VALUES
} SioaValue;

typedef struct
{
  gint64 number; /* of the moment: its time divided by its length; 0: nothing is known */
  double values[SIOA_N_VALUES];
  guint known;     /* bits of SioaValue */
  guint n_missing; /* servers that are missing, where it is a sum of several */
  double latency[SIOA_N_BUCKETS];
} SioaMoment;

SioaHistory *sioa_history_new (void);
/* Signal: "added" (), when there is something new. */
void sioa_history_add (SioaHistory *self, SioaSample *sample);
/* What several did together in the second of @time (monotonic, µs), and how they are now. */
void sioa_history_add_moment (SioaHistory *self, gint64 time, const SioaMoment *moment);
void sioa_history_set_sample (SioaHistory *self, SioaSample *sample);
/* The round trip of the own connection: all there is where a server measures none. @time is
 * monotonic, both are in microseconds. */
void sioa_history_add_round_trip (SioaHistory *self, gint64 time, gint64 rtt);
/* All round trips of the span, in buckets. Returns how many there are. */
double sioa_history_sum_latency (SioaHistory *self, SioaSpan span, gint64 now, double *buckets);
guint sioa_history_get_length (SioaSpan span);
/* In seconds. */
guint sioa_history_get_step (SioaSpan span);
/* The moment @age steps before that of @now (monotonic, µs); NULL for a gap. */
const SioaMoment *sioa_history_get (SioaHistory *self, SioaSpan span, gint64 now, guint age);
/* Only of round trips, each of a namespace; a server makes no more than some of them. */
char **sioa_history_list_namespaces (SioaHistory *self);
SioaHistory *sioa_history_get_namespace (SioaHistory *self, const char *nsp);
/* (transfer none) (nullable): made when there is none and room for it. */
SioaHistory *sioa_history_add_namespace (SioaHistory *self, const char *nsp);
/* SIOA_UNKNOWN; @sample may be NULL. */
gint64 sioa_sample_get_value (SioaSample *sample, SioaValue value);
/* Of the newest sample; NULL before the first one. */
SioaSample *sioa_history_get_sample (SioaHistory *self);
/* Per second. NAN if it is not known. */
double sioa_moment_get_rate (const SioaMoment *moment, SioaSpan span, SioaValue value);
/* Microseconds: the upper bound of the bucket in which it is, interpolated. NAN without any. */
double sioa_moment_get_quantile (const SioaMoment *moment, double quantile);
double sioa_buckets_get_quantile (const double *buckets, double quantile);

G_END_DECLS
