/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-responses.h"

/**
 * SioResponses:
 *
 * The answers to an event that went to several clients or servers.
 *
 * Some may be missing: who disconnects never answers, and time runs out. What came until then is
 * here all the same, together with the error. That is why the functions that finish such a request
 * return this instead of failing, which would leave bindings without the answers.
 *
 * ```c
 * g_autoptr(SioResponses) votes = sio_broadcast_emit_with_ack_finish (broadcast, result, &error);
 *
 * for (guint i = 0; votes != NULL && i < sio_responses_get_length (votes); i++)
 *   count (sio_args_get_string (sio_responses_get_args (votes, i), 0));
 * ```
 *
 * It is immutable.
 *
 * Since: 0.1
 */
struct _SioResponses
{
  gatomicrefcount ref_count;
  GPtrArray *answers; /* element-type SioArgs */
  guint n_expected;
  GError *error; /* NULL: all are there */
};

G_DEFINE_BOXED_TYPE (SioResponses, sio_responses, sio_responses_ref, sio_responses_unref)

static GPtrArray *
copy_answers (GPtrArray *answers)
{
  GPtrArray *copy = g_ptr_array_new_full (answers->len, (GDestroyNotify) sio_args_unref);

  for (guint i = 0; i < answers->len; i++)
    g_ptr_array_add (copy, sio_args_ref (g_ptr_array_index (answers, i)));
  return copy;
}

/**
 * sio_responses_new:
 * @answers: (element-type SioArgs) (nullable): the answers in the order they came
 * @n_expected: how many were expected
 * @error: (nullable): why some are missing, `NULL` if none are
 *
 * Makes the result of a request; for adapters.
 *
 * Returns: (transfer full): new responses
 *
 * Since: 0.1
 */
SioResponses *
sio_responses_new (GPtrArray *answers, guint n_expected, const GError *error)
{
  SioResponses *self = g_new0 (SioResponses, 1);

  g_atomic_ref_count_init (&self->ref_count);
  if (answers != NULL)
    self->answers = copy_answers (answers);
  else
    self->answers = g_ptr_array_new_with_free_func ((GDestroyNotify) sio_args_unref);
  self->n_expected = n_expected;
  self->error = error != NULL ? g_error_copy (error) : NULL;
  return self;
}

/**
 * sio_responses_ref:
 * @self: responses
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
SioResponses *
sio_responses_ref (SioResponses *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

/**
 * sio_responses_unref:
 * @self: (transfer full): responses
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
sio_responses_unref (SioResponses *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_ptr_array_unref (self->answers);
  g_clear_error (&self->error);
  g_free (self);
}

/**
 * sio_responses_get_length:
 * @self: responses
 *
 * Gets the number of answers that came.
 *
 * Returns: how many there are
 *
 * Since: 0.1
 */
guint
sio_responses_get_length (SioResponses *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->answers->len;
}

/**
 * sio_responses_get_args:
 * @self: responses
 * @n: number of the answer, in the order they came
 *
 * Gets the arguments of an answer.
 *
 * With adapters that span several processes only the first argument may be there.
 *
 * Returns: (transfer none) (nullable): the arguments, `NULL` if there is no such answer
 *
 * Since: 0.1
 */
SioArgs *
sio_responses_get_args (SioResponses *self, guint n)
{
  g_return_val_if_fail (self != NULL, NULL);

  return n < self->answers->len ? g_ptr_array_index (self->answers, n) : NULL;
}

/**
 * sio_responses_list:
 * @self: responses
 *
 * Lists the answers in the order they came.
 *
 * Returns: (transfer container) (element-type SioArgs): the arguments of each answer
 *
 * Since: 0.1
 */
GPtrArray *
sio_responses_list (SioResponses *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return copy_answers (self->answers);
}

/**
 * sio_responses_get_n_expected:
 * @self: responses
 *
 * Gets how many answers were expected: the number of those who got the event, as far as it was
 * known at the end.
 *
 * Returns: how many there should be
 *
 * Since: 0.1
 */
guint
sio_responses_get_n_expected (SioResponses *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_expected;
}

/**
 * sio_responses_is_complete:
 * @self: responses
 *
 * Tells whether all have answered.
 *
 * Returns: `TRUE` if no answer is missing, and there is no error
 *
 * Since: 0.1
 */
gboolean
sio_responses_is_complete (SioResponses *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->error == NULL;
}

/**
 * sio_responses_get_error:
 * @self: responses
 *
 * Gets why answers are missing, for example `SIO_ERROR_TIMEOUT`.
 *
 * Returns: (transfer none) (nullable): the error, `NULL` if all have answered
 *
 * Since: 0.1
 */
const GError *
sio_responses_get_error (SioResponses *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->error;
}
