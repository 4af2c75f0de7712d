/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-listen.h"

#include <sio.h>
#include <string.h>
#include <unistd.h>

/* sd_listen_fds(3): the first one that is passed */
#define FIRST_FD 3
#define MAX_FDS 1024

/* Names of the descriptors that were passed, beginning with FIRST_FD. */
static char **passed_names;

void
sios_listen_init (void)
{
  const char *pid = g_getenv ("LISTEN_PID");
  const char *n_fds = g_getenv ("LISTEN_FDS");
  const char *names = g_getenv ("LISTEN_FDNAMES");
  guint64 number;

  g_clear_pointer (&passed_names, g_strfreev);
  if (pid != NULL && g_ascii_string_to_unsigned (pid, 10, 1, G_MAXINT, &number, NULL) &&
      number == (guint64) getpid () && n_fds != NULL &&
      g_ascii_string_to_unsigned (n_fds, 10, 0, MAX_FDS, &number, NULL))
    {
      g_auto (GStrv) given = g_strsplit (names != NULL ? names : "", ":", -1);
      guint n_given = g_strv_length (given);

      passed_names = g_new0 (char *, number + 1);
      for (guint i = 0; i < number; i++)
        passed_names[i] = g_strdup (i < n_given ? given[i] : "unknown");
    }
  g_unsetenv ("LISTEN_PID");
  g_unsetenv ("LISTEN_FDS");
  g_unsetenv ("LISTEN_FDNAMES");
}

/* unix:PATH:0660; whether it is a mode is for the library to say. */
static char *
with_mode (const char *text)
{
  const char *colon = strrchr (text, ':');

  if (g_str_has_prefix (text, "unix:") && strchr (text, ',') == NULL && colon > text + 5 &&
      colon[1] != '\0' && strspn (colon + 1, "0123456789") == strlen (colon + 1))
    return g_strdup_printf ("%.*s,mode=%s", (int) (colon - text), text, colon + 1);
  return g_strdup (text);
}

gboolean
sios_listen_check (const char *text, GError **error)
{
  g_autofree char *address = NULL;

  if (g_str_has_prefix (text, "systemd:"))
    {
      if (text[8] != '\0')
        return TRUE;
      g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                           "expected systemd:NAME, where NAME is the FileDescriptorName= of a "
                           "socket unit, got \"systemd:\"");
      return FALSE;
    }
  address = with_mode (text);
  return sio_engine_check_address (address, error);
}

char **
sios_listen_expand (const char *text, GError **error)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);

  if (!g_str_has_prefix (text, "systemd:"))
    g_ptr_array_add (addresses, with_mode (text));
  for (guint i = 0; addresses->len == 0 && passed_names != NULL && passed_names[i] != NULL; i++)
    if (strcmp (passed_names[i], text + 8) == 0)
      {
        /* Several sockets of a unit share its name. */
        for (; passed_names[i] != NULL; i++)
          if (strcmp (passed_names[i], text + 8) == 0)
            g_ptr_array_add (addresses, g_strdup_printf ("fd:%u", FIRST_FD + i));
        break;
      }
  if (addresses->len == 0)
    {
      g_autofree char *names = passed_names != NULL ? g_strjoinv (", ", passed_names) : NULL;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                   "no socket named \"%s\" was passed by systemd; passed: %s", text + 8,
                   names != NULL && *names != '\0' ? names : "none");
      return NULL;
    }
  g_ptr_array_add (addresses, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&addresses), FALSE);
}

char **
sios_listen_all_passed (void)
{
  guint n = passed_names != NULL ? g_strv_length (passed_names) : 0;
  char **addresses = n > 0 ? g_new0 (char *, n + 1) : NULL;

  for (guint i = 0; i < n; i++)
    addresses[i] = g_strdup_printf ("fd:%u", FIRST_FD + i);
  return addresses;
}
