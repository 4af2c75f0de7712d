/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "sios-auth-store.h"

/* The file of revocations: its bytes, what is refused, and that it is never lost or half. */

#define NOW 1000

static SiosRevocations *
make_list (void)
{
  SiosRevocations *list = sios_revocations_new (10);
  g_autoptr (GError) error = NULL;

  sios_revocations_add (list, SIOS_REVOKE_USER, "Zoë the 1st", NOW, NOW + 100, &error);
  g_assert_no_error (error);
  sios_revocations_add (list, SIOS_REVOKE_TOKEN, "id 7", NOW + 1, NOW + 50, &error);
  g_assert_no_error (error);
  return list;
}

static void
assert_read (const char *text, gint64 now, guint n)
{
  g_autoptr (SiosRevocations) list = sios_revocations_new (10);
  g_autoptr (GError) error = NULL;

  g_assert_true (sios_revocations_read (list, text, strlen (text), now, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (sios_revocations_get_count (list), ==, n);
}

static void
test_vectors (void)
{
  static const char text[] = "sio-server revocations 1\n"
                             "user 1000 1100 Zoë the 1st\n"
                             "token 1001 1050 id 7\n"
                             "end 2\n";
  g_autoptr (SiosRevocations) list = make_list ();
  g_autoptr (SiosRevocations) back = sios_revocations_new (10);
  g_autofree char *written = sios_revocations_write (list, NOW);
  g_autofree char *later = sios_revocations_write (list, NOW + 50);
  g_autofree char *again = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (written, ==, text);
  g_assert_cmpstr (later, ==, "sio-server revocations 1\nuser 1000 1100 Zoë the 1st\nend 1\n");
  g_assert_true (sios_revocations_read (back, text, strlen (text), NOW, &error));
  again = sios_revocations_write (back, NOW);
  g_assert_cmpstr (again, ==, text);
  assert_read (text, NOW + 50, 1);
  assert_read (text, NOW + 100, 0);
  assert_read ("sio-server revocations 1\nend 0\n", NOW, 0);
  /* The same twice lasts the longer time. */
  assert_read ("sio-server revocations 1\nuser 1 2000 a\nuser 2 1500 a\nend 2\n", 1700, 1);
}

static void
test_refused (void)
{
#define HEAD "sio-server revocations 1\n"
  static const char *const bad[] = { "",
                                     "sio-server revocations 1",
                                     "sio-server revocations 2\nend 0\n",
                                     HEAD,
                                     HEAD "end 0",
                                     HEAD "end 1\n",
                                     HEAD "end -0\n",
                                     HEAD "user 1 2000 a\n",
                                     HEAD "user 1 2000 a\nend 0\n",
                                     HEAD "user 1 2000 a\nend 2\n",
                                     HEAD "user 1 2000 \nend 1\n",
                                     HEAD "user 1 2000\nend 1\n",
                                     HEAD "user  1 2000 a\nend 1\n",
                                     HEAD "user 1 2000x a\nend 1\n",
                                     HEAD "user -1 2000 a\nend 1\n",
                                     HEAD "user 1 99999999999999999999 a\nend 1\n",
                                     HEAD "room 1 2000 a\nend 1\n",
                                     HEAD "user 1 2000 a\tb\nend 1\n",
                                     HEAD "user 1 2000 a\xff\nend 1\n" };
  g_autofree char *long_name = g_strnfill (SIOS_IDENTITY_MAX_NAME_LENGTH + 1, 'x');
  g_autofree char *too_long = g_strdup_printf (HEAD "user 1 2000 %s\nend 1\n", long_name);

  for (guint i = 0; i <= G_N_ELEMENTS (bad); i++)
    {
      const char *text = i < G_N_ELEMENTS (bad) ? bad[i] : too_long;
      g_autoptr (SiosRevocations) list = sios_revocations_new (10);
      g_autoptr (GError) error = NULL;

      g_assert_false (sios_revocations_read (list, text, strlen (text), NOW, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
      /* Nothing of it */
      g_assert_cmpuint (sios_revocations_get_count (list), ==, 0);
    }
  {
    g_autoptr (SiosRevocations) list = sios_revocations_new (10);
    g_autoptr (GError) error = NULL;

    g_assert_false (sios_revocations_read (list, HEAD "end 0\n\0x", 33, NOW, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  }
  /* A cut file of any length is noticed. */
  for (guint i = 0; i < strlen (HEAD "user 1 2000 a\nend 1\n"); i++)
    {
      g_autoptr (SiosRevocations) list = sios_revocations_new (10);

      g_assert_false (sios_revocations_read (list, HEAD "user 1 2000 a\nend 1\n", i, NOW, NULL));
    }
#undef HEAD
}

static void
test_names (void)
{
  static const char *const bad[] = { "", "a\nend 9", "a\tb", "\xff", "a\x7f" };
  g_autoptr (SiosRevocations) list = sios_revocations_new (10);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sios_revocations_add (list, SIOS_REVOKE_USER, bad[i], 1, 2, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static char *
read_file (const char *path)
{
  char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

static gboolean
has_line (const char *path, const char *line)
{
  g_autofree char *text = read_file (path);

  return text != NULL && strstr (text, line) != NULL;
}

static gboolean
wake_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Nothing waits longer than this for files. */
static guint
start_waking (void)
{
  return g_timeout_add (20, wake_cb, NULL);
}

static void
test_store (void)
{
  g_autofree char *dir = g_dir_make_tmp ("sio-revocations-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "revocations", NULL);
  g_autofree char *other = g_build_filename (dir, "other", NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (SiosRevocations) list = sios_revocations_new (100000);
  SiosAuthStore *store = sios_auth_store_new (list, path);
  guint waker = start_waking ();
  GStatBuf info;

  /* Many at once are few writes; the last state is what is there. */
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *name = g_strdup_printf ("user-%u", i);

      g_assert_true (sios_revocations_add (list, SIOS_REVOKE_USER, name, now, now + 900, NULL));
      sios_auth_store_changed (store);
      if (i % 100 == 0)
        g_main_context_iteration (NULL, FALSE);
    }
  while (!has_line (path, "end 2000\n"))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpuint (sios_auth_store_get_n_failures (store), ==, 0);

  /* To another file, and to none */
  sios_auth_store_set_path (store, other);
  while (!has_line (other, "end 2000\n"))
    g_main_context_iteration (NULL, TRUE);
  sios_revocations_remove (list, SIOS_REVOKE_USER, "user-7");
  sios_auth_store_changed (store);
  /* What is not written is written at the end, also while another write is under way. */
  sios_auth_store_free (store);
  g_assert_true (has_line (other, "end 1999\n"));
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *expected = g_strdup_printf ("end %u\n", 2000 + i);
      g_autofree char *name = g_strdup_printf ("late-%u", i);

      store = sios_auth_store_new (list, path);
      sios_auth_store_changed (store);
      g_main_context_iteration (NULL, TRUE);
      g_assert_true (sios_revocations_add (list, SIOS_REVOKE_TOKEN, name, now, now + 900, NULL));
      sios_auth_store_changed (store);
      sios_auth_store_free (store);
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_true (has_line (path, expected));
    }
  store = sios_auth_store_new (list, NULL);
  sios_auth_store_changed (store);
  sios_auth_store_free (store);

  g_source_remove (waker);
  g_unlink (path);
  g_unlink (other);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

/* Where it cannot be written, the operator is told, and it is tried again at the next change. */
static void
test_unwritable (void)
{
  g_autofree char *dir = g_dir_make_tmp ("sio-revocations-XXXXXX", NULL);
  g_autofree char *sub = g_build_filename (dir, "sub", NULL);
  g_autofree char *path = g_build_filename (sub, "revocations", NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (SiosRevocations) list = sios_revocations_new (10);
  SiosAuthStore *store = sios_auth_store_new (list, path);
  guint waker = start_waking ();

  g_assert_true (sios_revocations_add (list, SIOS_REVOKE_USER, "eve", now, now + 900, NULL));
  sios_auth_store_changed (store);
  while (sios_auth_store_get_n_failures (store) == 0)
    g_main_context_iteration (NULL, TRUE);
  /* It is tried again without anybody asking. */
  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  while (!has_line (path, " eve\nend 1\n"))
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (sub), ==, 0);
  sios_auth_store_changed (store);
  while (sios_auth_store_get_n_failures (store) == 1)
    g_main_context_iteration (NULL, TRUE);
  /* Or at the end, if that comes first. */
  g_assert_cmpint (g_mkdir (sub, 0700), ==, 0);
  sios_auth_store_free (store);
  g_assert_true (has_line (path, " eve\nend 1\n"));
  g_source_remove (waker);
  g_unlink (path);
  g_rmdir (sub);
  g_assert_cmpint (g_rmdir (dir), ==, 0);
}

/* Warnings end tests otherwise. */
static GLogWriterOutput
writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; (level & G_LOG_LEVEL_WARNING) != 0 && i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0 &&
        g_str_has_prefix (fields[i].value, "Revocations are not kept over a restart: "))
      return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, user_data);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (writer, NULL, NULL);
  g_test_add_func ("/revocations/vectors", test_vectors);
  g_test_add_func ("/revocations/refused", test_refused);
  g_test_add_func ("/revocations/names", test_names);
  g_test_add_func ("/revocations/store", test_store);
  g_test_add_func ("/revocations/unwritable", test_unwritable);
  return g_test_run ();
}
