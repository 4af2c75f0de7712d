/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How often sockets of a namespace may send events, and how large ones: rules for single events
 * and one for all of them together. Sockets keep one time for each rule, and only from their
 * first event on. */
#define SIO_LIMITER_MAX_NAME 255

typedef struct _SioLimiter SioLimiter;
typedef struct _SioLimiterTimes SioLimiterTimes; /* of one socket */

typedef struct
{
  double rate;    /* events a second in the long run; 0 is without limit */
  guint burst;    /* how many may come at once, at least 1 */
  gsize max_size; /* bytes of the arguments with attachments; 0 is without limit */
} SioLimit;

typedef enum
{
  SIO_LIMITER_PASS,
  SIO_LIMITER_TOO_MANY,
  SIO_LIMITER_TOO_LARGE
} SioLimiterResult;

SioLimiter *sio_limiter_new (void);
void sio_limiter_free (SioLimiter *self);
/* A rule for @event, or with NULL for all events together. Replaces the one there was. Names have
 * at most SIO_LIMITER_MAX_NAME bytes. */
void sio_limiter_set (SioLimiter *self, const char *event, const SioLimit *limit);
/* The rule for @event itself; all zero if there is none. */
SioLimit sio_limiter_get (SioLimiter *self, const char *event);
/* Whether any rule limits anything. */
gboolean sio_limiter_is_empty (SioLimiter *self);

/* Whether there are rules for single events; if not, sio_limiter_check () does not look at the
 * name. */
gboolean sio_limiter_needs_name (SioLimiter *self);
/* @event has @event_length bytes and need not end with NUL; @times belongs to the socket; it is
 * made when it is needed first, and freed with g_free ().
 * @now: monotonic, µs. An event that does not pass takes nothing from the limit. */
SioLimiterResult sio_limiter_check (SioLimiter *self,
                                    SioLimiterTimes **times,
                                    const char *event,
                                    gsize event_length,
                                    gsize size,
                                    gint64 now);
/* How often the rule of @event (NULL: that for all) was broken. */
guint64 sio_limiter_get_n_broken (SioLimiter *self, const char *event);

G_END_DECLS
