/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-admin-checks.h"

#include <string.h>

typedef struct
{
  SiosAdminChecks *checks;
  SiosAdminUsers *users;
  char *name;
  char *password;
  SiosAdminCheckFunc func;
  gpointer user_data;
  gboolean correct;
} Check;

struct _SiosAdminChecks
{
  GMainContext *context;
  GThreadPool *pool; /* made at the first use */
  guint n_waiting;
  int stopping; /* atomic */
  GMutex mutex; /* guards done and source */
  GQueue done;
  GSource *source;
};

static void
check_finish (Check *check)
{
  check->checks->n_waiting--;
  check->func (check->correct, check->user_data);
  sios_admin_users_unref (check->users);
  g_free (check->name);
  explicit_bzero (check->password, strlen (check->password));
  g_free (check->password);
  g_free (check);
}

/* Calls functions, of as many as are done. */
static gboolean
deliver (gpointer user_data)
{
  SiosAdminChecks *self = user_data;
  GQueue done;
  Check *check;

  g_mutex_lock (&self->mutex);
  done = self->done;
  g_queue_init (&self->done);
  g_clear_pointer (&self->source, g_source_unref);
  g_mutex_unlock (&self->mutex);
  while ((check = g_queue_pop_head (&done)) != NULL)
    check_finish (check);
  return G_SOURCE_REMOVE;
}

static void
run (gpointer data, gpointer user_data)
{
  Check *check = data;
  SiosAdminChecks *self = user_data;

  check->correct = !g_atomic_int_get (&self->stopping) &&
                   sios_admin_users_check (check->users, check->name, check->password);
  g_mutex_lock (&self->mutex);
  g_queue_push_tail (&self->done, check);
  if (self->source == NULL)
    {
      self->source = g_idle_source_new ();
      g_source_set_priority (self->source, G_PRIORITY_DEFAULT);
      g_source_set_callback (self->source, deliver, self, NULL);
      g_source_attach (self->source, self->context);
    }
  g_mutex_unlock (&self->mutex);
}

SiosAdminChecks *
sios_admin_checks_new (void)
{
  SiosAdminChecks *self = g_new0 (SiosAdminChecks, 1);

  self->context = g_main_context_ref_thread_default ();
  g_mutex_init (&self->mutex);
  return self;
}

void
sios_admin_checks_free (SiosAdminChecks *self)
{
  g_atomic_int_set (&self->stopping, TRUE);
  if (self->pool != NULL)
    g_thread_pool_free (self->pool, FALSE, TRUE);
  if (self->source != NULL)
    g_source_destroy (self->source);
  deliver (self);
  g_mutex_clear (&self->mutex);
  g_main_context_unref (self->context);
  g_free (self);
}

void
sios_admin_checks_run (SiosAdminChecks *self,
                       SiosAdminUsers *users,
                       const char *name,
                       const char *password,
                       SiosAdminCheckFunc func,
                       gpointer user_data)
{
  Check *check = g_new0 (Check, 1);

  if (self->pool == NULL)
    self->pool = g_thread_pool_new (run, self, 1, FALSE, NULL);
  check->checks = self;
  check->users = sios_admin_users_ref (users);
  check->name = g_strdup (name);
  check->password = g_strdup (password);
  check->func = func;
  check->user_data = user_data;
  self->n_waiting++;
  g_thread_pool_push (self->pool, check, NULL);
}

guint
sios_admin_checks_get_length (SiosAdminChecks *self)
{
  return self->n_waiting;
}
