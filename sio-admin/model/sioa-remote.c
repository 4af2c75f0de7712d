/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sioa-remote.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>

#include "sioa-backend.h"

#define KEY_NAME "Name"
#define KEY_URI "Address"
#define KEY_NSP "Namespace"
#define KEY_PATH "Path"
#define KEY_USER "User"
#define KEY_TOKEN "Token"
#define KEY_WEBSOCKET_ONLY "WebSocketOnly"
#define KEY_PRODUCTION "Production"

#define DEFAULT_NSP "/admin"
#define DEFAULT_PATH "/socket.io/"

SioaRemote *
sioa_remote_new (void)
{
  SioaRemote *self = g_new0 (SioaRemote, 1);

  self->id = g_uuid_string_random ();
  self->name = g_strdup ("");
  self->uri = g_strdup ("");
  self->nsp = g_strdup (DEFAULT_NSP);
  self->path = g_strdup (DEFAULT_PATH);
  self->user = g_strdup ("");
  return self;
}

SioaRemote *
sioa_remote_copy (const SioaRemote *self)
{
  SioaRemote *copy = g_new0 (SioaRemote, 1);

  copy->id = g_strdup (self->id);
  copy->name = g_strdup (self->name);
  copy->uri = g_strdup (self->uri);
  copy->nsp = g_strdup (self->nsp);
  copy->path = g_strdup (self->path);
  copy->user = g_strdup (self->user);
  copy->by_token = self->by_token;
  copy->is_guest = self->is_guest;
  copy->websocket_only = self->websocket_only;
  copy->production = self->production;
  return copy;
}

void
sioa_remote_free (SioaRemote *self)
{
  g_free (self->id);
  g_free (self->name);
  g_free (self->uri);
  g_free (self->nsp);
  g_free (self->path);
  g_free (self->user);
  g_free (self);
}

gboolean
sioa_remote_has_secret (const SioaRemote *self)
{
  return self->by_token || *self->user != '\0';
}

gboolean
sioa_remote_is_same (const SioaRemote *self, const SioaRemote *other)
{
  return strcmp (self->uri, other->uri) == 0 && strcmp (self->nsp, other->nsp) == 0 &&
         strcmp (self->path, other->path) == 0 && strcmp (self->user, other->user) == 0 &&
         self->by_token == other->by_token && self->websocket_only == other->websocket_only;
}

static void
read_string (GKeyFile *file, const char *group, const char *key, char **target)
{
  char *text = g_key_file_get_string (file, group, key, NULL);

  if (text == NULL)
    return;
  g_free (*target);
  *target = text;
}

SioaRemote *
sioa_remote_load (GKeyFile *file, const char *id)
{
  g_autoptr (SioaRemote) self = sioa_remote_new ();

  g_free (self->id);
  self->id = g_strdup (id);
  read_string (file, id, KEY_NAME, &self->name);
  read_string (file, id, KEY_URI, &self->uri);
  read_string (file, id, KEY_NSP, &self->nsp);
  read_string (file, id, KEY_PATH, &self->path);
  read_string (file, id, KEY_USER, &self->user);
  self->by_token = g_key_file_get_boolean (file, id, KEY_TOKEN, NULL);
  self->websocket_only = g_key_file_get_boolean (file, id, KEY_WEBSOCKET_ONLY, NULL);
  self->production = g_key_file_get_boolean (file, id, KEY_PRODUCTION, NULL);
  /* Somebody may have edited the file. */
  if (!sioa_remote_check_uri (self->uri, NULL) || !sioa_remote_check_nsp (self->nsp, NULL) ||
      !sioa_remote_check_path (self->path, NULL))
    return NULL;
  return g_steal_pointer (&self);
}

void
sioa_remote_save (const SioaRemote *self, GKeyFile *file)
{
  g_key_file_set_string (file, self->id, KEY_NAME, self->name);
  g_key_file_set_string (file, self->id, KEY_URI, self->uri);
  g_key_file_set_string (file, self->id, KEY_NSP, self->nsp);
  g_key_file_set_string (file, self->id, KEY_PATH, self->path);
  g_key_file_set_string (file, self->id, KEY_USER, self->user);
  g_key_file_set_boolean (file, self->id, KEY_TOKEN, self->by_token);
  g_key_file_set_boolean (file, self->id, KEY_WEBSOCKET_ONLY, self->websocket_only);
  g_key_file_set_boolean (file, self->id, KEY_PRODUCTION, self->production);
}

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS, text);
  return FALSE;
}

gboolean
sioa_remote_check_uri (const char *text, GError **error)
{
  static const char *const schemes[] = { "http", "https", "ws", "wss", NULL };
  g_autoptr (GUri) uri = NULL;
  g_autoptr (GError) local = NULL;

  if (*text == '\0')
    return fail (error, _ ("Enter where the server is, as https://example.org"));
  if (!g_utf8_validate (text, -1, NULL) || strstr (text, "://") == NULL)
    return fail (error, _ ("An address begins with http:// or https://"));
  uri = g_uri_parse (text, G_URI_FLAGS_NONE, &local);
  if (uri == NULL)
    {
      g_set_error (error, SIOA_ERROR, SIOA_ERROR_ARGUMENTS, _ ("This is no address: %s"),
                   local->message);
      return FALSE;
    }
  if (!g_strv_contains (schemes, g_uri_get_scheme (uri)))
    return fail (error, _ ("An address begins with http:// or https://"));
  if (g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return fail (error, _ ("The name of the computer is missing, as in https://example.org"));
  /* The parser lets them through. */
  if (strpbrk (g_uri_get_host (uri), " %<>\"'\\") != NULL)
    return fail (error, _ ("There is something in the address that no name of a computer has"));
  if (g_uri_get_port (uri) == 0 || g_uri_get_port (uri) > G_MAXUINT16)
    return fail (error, _ ("Ports are numbers from 1 to 65535"));
  if (g_uri_get_userinfo (uri) != NULL)
    return fail (error, _ ("User name and password have fields of their own"));
  if (*g_uri_get_path (uri) != '\0' && strcmp (g_uri_get_path (uri), "/") != 0)
    return fail (error, _ ("Namespace and path have fields of their own"));
  if (g_uri_get_fragment (uri) != NULL)
    return fail (error, _ ("There is no “#” in the address of a server"));
  return TRUE;
}

gboolean
sioa_remote_check_nsp (const char *nsp, GError **error)
{
  if (*nsp != '/')
    return fail (error, _ ("A namespace begins with “/”"));
  if (!g_utf8_validate (nsp, -1, NULL) || strpbrk (nsp, ",?#") != NULL)
    return fail (error, _ ("A namespace has no “,”, “?” or “#”"));
  return TRUE;
}

gboolean
sioa_remote_check_path (const char *path, GError **error)
{
  if (*path != '/')
    return fail (error, _ ("A path begins with “/”"));
  if (!g_utf8_validate (path, -1, NULL) || strpbrk (path, "?# ") != NULL)
    return fail (error, _ ("A path has no “?”, “#” or spaces"));
  return TRUE;
}

gboolean
sioa_remote_is_exposed (const char *text)
{
  static const char *const safe[] = { "https", "wss", NULL };
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GInetAddress) address = NULL;

  if (uri == NULL || g_uri_get_host (uri) == NULL || g_strv_contains (safe, g_uri_get_scheme (uri)))
    return FALSE;
  address = g_inet_address_new_from_string (g_uri_get_host (uri));
  return address != NULL ? !g_inet_address_get_is_loopback (address)
                         : strcmp (g_uri_get_host (uri), "localhost") != 0;
}
