/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-json.h"

#include <sio.h>
#include <string.h>

#define DOTS "••••••"
#define MAX_LENGTH 32768 /* of what is shown */
#define MAX_MEMBERS 200
#define INDENT 2

gboolean
sioa_json_is_secret (const char *name)
{
  static const char *const parts[] = { "cookie",  "authoriz",   "passw",    "secret",
                                       "token",   "credential", "apikey",   "api-key",
                                       "api_key", "session",    "signature" };
  static const char *const names[] = { "auth", "key", "pass", "pwd", "sid", "jwt" };
  g_autofree char *folded = g_ascii_strdown (name, -1);

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    if (strstr (folded, parts[i]) != NULL)
      return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (folded, names[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Queries of addresses carry tokens, too. */
static gboolean
is_address (const char *name)
{
  return g_ascii_strcasecmp (name, "url") == 0 || g_ascii_strcasecmp (name, "referer") == 0 ||
         g_ascii_strcasecmp (name, "x-original-uri") == 0;
}

/* What is read of the value called @name, or NULL: everything. */
static char *
hide (const char *name, const SioArgsIter *value, gboolean reveal)
{
  g_autofree char *text = NULL;
  char *query;

  if (reveal || name == NULL)
    return NULL;
  if (sioa_json_is_secret (name))
    return g_strdup (DOTS);
  if (!is_address (name) || sio_args_iter_get_arg_type (value) != SIO_ARG_STRING)
    return NULL;
  text = sio_args_iter_dup_string (value);
  query = strchr (text, '?');
  if (query == NULL)
    return NULL;
  *query = '\0';
  return g_strconcat (text, "?" DOTS, NULL);
}

static char *
quote (const char *text)
{
  g_autoptr (SioArgs) args = sio_args_new_from_string (text);
  SioArgsIter iter;

  sio_args_iter_init (&iter, args);
  sio_args_iter_next (&iter);
  return sio_args_iter_dup_json (&iter);
}

static void
append_line (GString *text, guint depth)
{
  g_string_append_c (text, '\n');
  for (guint i = 0; i < depth * INDENT; i++)
    g_string_append_c (text, ' ');
}

static void
append_value (GString *text, const SioArgsIter *value, guint depth, gboolean reveal)
{
  gboolean object = sio_args_iter_get_arg_type (value) == SIO_ARG_OBJECT;
  gboolean first = TRUE;
  SioArgsIter children;

  if (!sio_args_iter_enter (value, &children))
    {
      g_autofree char *json = sio_args_iter_dup_json (value);

      g_string_append (text, json != NULL ? json : "null");
      return;
    }
  g_string_append_c (text, object ? '{' : '[');
  while (sio_args_iter_next (&children) && text->len < MAX_LENGTH)
    {
      g_autofree char *key = object ? sio_args_iter_dup_key (&children) : NULL;
      g_autofree char *hidden = hide (key, &children, reveal);

      if (!first)
        g_string_append_c (text, ',');
      first = FALSE;
      append_line (text, depth + 1);
      if (key != NULL)
        {
          g_autofree char *quoted = quote (key);

          g_string_append_printf (text, "%s: ", quoted);
        }
      if (hidden != NULL)
        g_string_append (text, hidden);
      else
        append_value (text, &children, depth + 1, reveal);
    }
  if (!first)
    append_line (text, depth);
  g_string_append_c (text, object ? '}' : ']');
}

/* The only value of a list of its own. */
static SioArgs *
parse (const char *json, SioArgsIter *iter)
{
  g_autofree char *list = g_strconcat ("[", json, "]", NULL);
  g_autoptr (SioArgs) args = sio_args_new_from_json (list, -1, NULL);

  if (args == NULL)
    return NULL;
  sio_args_iter_init (iter, args);
  return sio_args_iter_next (iter) ? g_steal_pointer (&args) : NULL;
}

static char *
cut (GString *text)
{
  if (text->len > MAX_LENGTH)
    {
      char *end = g_utf8_find_prev_char (text->str, text->str + MAX_LENGTH);

      g_string_truncate (text, (gsize) (end - text->str));
      g_string_append (text, "…");
    }
  return g_string_free (text, FALSE);
}

char *
sioa_json_format (const char *json, gboolean reveal)
{
  g_autoptr (SioArgs) args = NULL;
  SioArgsIter iter;
  GString *text;

  if (json == NULL)
    return NULL;
  args = parse (json, &iter);
  text = g_string_new (args != NULL ? NULL : json);
  if (args != NULL)
    append_value (text, &iter, 0, reveal);
  return cut (text);
}

static void
add_members (GPtrArray *members, const SioArgsIter *object, gboolean reveal)
{
  SioArgsIter iter;

  if (sio_args_iter_get_arg_type (object) != SIO_ARG_OBJECT || !sio_args_iter_enter (object, &iter))
    return;
  while (sio_args_iter_next (&iter) && members->len < 2 * MAX_MEMBERS)
    {
      char *key = sio_args_iter_dup_key (&iter);
      char *text = hide (key, &iter, reveal);

      if (text == NULL)
        {
          g_autofree char *string = sio_args_iter_dup_string (&iter);
          GString *value = g_string_new (string);

          /* No string, or one with U+0000, which JSON escapes. */
          if (string == NULL)
            append_value (value, &iter, 0, reveal);
          text = cut (value);
        }
      /* It has U+0000. */
      if (key == NULL)
        key = g_strdup ("\xEF\xBF\xBD");
      g_ptr_array_add (members, key);
      g_ptr_array_add (members, text);
    }
}

GPtrArray *
sioa_json_list_members (const char *json, const char *name, gboolean reveal)
{
  GPtrArray *members = g_ptr_array_new_with_free_func (g_free);
  SioArgsIter iter, children;
  g_autoptr (SioArgs) args = json != NULL ? parse (json, &iter) : NULL;

  if (args == NULL)
    return members;
  if (name == NULL)
    add_members (members, &iter, reveal);
  else if (sio_args_iter_get_arg_type (&iter) == SIO_ARG_OBJECT &&
           sio_args_iter_enter (&iter, &children))
    while (sio_args_iter_next (&children))
      if (sio_args_iter_key_equals (&children, name))
        add_members (members, &children, reveal);
  return members;
}
