/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include <glib-object.h>

#include "sio-types.h"
#include "sio-version-macros.h"

G_BEGIN_DECLS

#define SIO_TYPE_HISTOGRAM (sio_histogram_get_type ())

typedef struct _SioHistogram SioHistogram;

SIO_AVAILABLE_IN_0_1
GType sio_histogram_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioHistogram *sio_histogram_ref (SioHistogram *self);
SIO_AVAILABLE_IN_0_1
void sio_histogram_unref (SioHistogram *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_histogram_get_count (SioHistogram *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_histogram_get_sum (SioHistogram *self);
SIO_AVAILABLE_IN_0_1
guint64 sio_histogram_get_quantile (SioHistogram *self, double quantile);
SIO_AVAILABLE_IN_0_1
guint64 sio_histogram_count_up_to (SioHistogram *self, guint64 microseconds);
SIO_AVAILABLE_IN_0_1
SioHistogram *sio_histogram_subtract (SioHistogram *self, SioHistogram *earlier);
SIO_AVAILABLE_IN_0_1
SioHistogram *sio_histogram_add (SioHistogram *self, SioHistogram *other);
SIO_AVAILABLE_IN_0_1
GVariant *sio_histogram_to_variant (SioHistogram *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioHistogram, sio_histogram_unref)

G_END_DECLS
