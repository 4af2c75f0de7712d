/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#if !defined(SIO_INSIDE) && !defined(SIO_COMPILATION)
#error "Only <sio.h> can be included directly."
#endif

#include "sio-args.h"

G_BEGIN_DECLS

#define SIO_TYPE_ARGS_ITER (sio_args_iter_get_type ())

typedef struct _SioArgsIter SioArgsIter;

/**
 * SioArgsIter:
 *
 * Walks over arguments, and over what is in them, without decoding more than is asked for.
 *
 * ```c
 * SioArgsIter iter, members;
 *
 * sio_args_iter_init (&iter, args);
 * while (sio_args_iter_next (&iter))
 *   if (sio_args_iter_enter (&iter, &members))
 *     while (sio_args_iter_next (&members))
 *       if (sio_args_iter_key_equals (&members, "text"))
 *         n += sio_args_iter_get_string_length (&members);
 * ```
 *
 * It is a plain structure that needs no clearing, usually on the stack. The arguments have to stay
 * alive as long as it is used. Functions that look at a value may be called after one that
 * returned `TRUE` has set it.
 *
 * Since: 0.1
 */
struct _SioArgsIter
{
  /*< private >*/
  SioArgs *args;
  const char *cursor;
  const char *end;
  const char *key;
  const char *value;
  gsize key_length;
  gsize value_length;
  guint type;
  guint in_object;
  gpointer reserved[4];
};

SIO_AVAILABLE_IN_0_1
GType sio_args_iter_get_type (void) G_GNUC_CONST;

SIO_AVAILABLE_IN_0_1
void sio_args_iter_init (SioArgsIter *iter, SioArgs *args);
SIO_AVAILABLE_IN_0_1
gboolean
sio_args_iter_init_path (SioArgsIter *iter, SioArgs *args, guint n, const char *const *path);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_iter_next (SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_iter_enter (const SioArgsIter *iter, SioArgsIter *children);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_iter_key_equals (const SioArgsIter *iter, const char *key);
SIO_AVAILABLE_IN_0_1
char *sio_args_iter_dup_key (const SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
SioArgType sio_args_iter_get_arg_type (const SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_iter_string_equals (const SioArgsIter *iter, const char *text);
SIO_AVAILABLE_IN_0_1
gsize sio_args_iter_get_string_length (const SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
char *sio_args_iter_dup_string (const SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_iter_get_int64 (const SioArgsIter *iter, gint64 *value);
SIO_AVAILABLE_IN_0_1
double sio_args_iter_get_double (const SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
gboolean sio_args_iter_get_boolean (const SioArgsIter *iter);
SIO_AVAILABLE_IN_0_1
char *sio_args_iter_dup_json (const SioArgsIter *iter);

G_END_DECLS
