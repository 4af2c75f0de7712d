/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"

G_BEGIN_DECLS

#define SIO_TYPE_RESPONSES (sio_responses_get_type ())

SIO_AVAILABLE_IN_0_1
GType sio_responses_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
SioResponses *sio_responses_new (GPtrArray *answers, guint n_expected, const GError *error);
SIO_AVAILABLE_IN_0_1
SioResponses *sio_responses_ref (SioResponses *self);
SIO_AVAILABLE_IN_0_1
void sio_responses_unref (SioResponses *self);
SIO_AVAILABLE_IN_0_1
guint sio_responses_get_length (SioResponses *self);
SIO_AVAILABLE_IN_0_1
SioArgs *sio_responses_get_args (SioResponses *self, guint n);
SIO_AVAILABLE_IN_0_1
GPtrArray *sio_responses_list (SioResponses *self);
SIO_AVAILABLE_IN_0_1
guint sio_responses_get_n_expected (SioResponses *self);
SIO_AVAILABLE_IN_0_1
gboolean sio_responses_is_complete (SioResponses *self);
SIO_AVAILABLE_IN_0_1
const GError *sio_responses_get_error (SioResponses *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SioResponses, sio_responses_unref)

G_END_DECLS
