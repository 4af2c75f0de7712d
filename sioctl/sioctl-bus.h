/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SIOCTL_EXIT_FAILED 1
#define SIOCTL_EXIT_USAGE 2
#define SIOCTL_EXIT_NO_SERVER 3
#define SIOCTL_EXIT_DENIED 4

/* Which server is asked, and how answers are written. Calls block: there is nothing else to do. */
typedef struct
{
  GDBusConnection *bus;
  char *name;
  int timeout_ms;
  gboolean json;
  gboolean ask; /* PolicyKit may ask for a password */
} Sioctl;

gboolean sioctl_connect (
    Sioctl *self, const char *address, gboolean session, const char *name, GError **error);
void sioctl_clear (Sioctl *self);
/* @args: floating, or NULL; the answer has @reply_type. */
GVariant *sioctl_call (
    Sioctl *self, const char *method, GVariant *args, const char *reply_type, GError **error);
/* A property of the object; @type is what it must have. */
GVariant *sioctl_get_property (Sioctl *self, const char *name, const char *type, GError **error);
GVariant *sioctl_call_with_fd (
    Sioctl *self, const char *method, GVariant *args, GUnixFDList *fds, GError **error);
void sioctl_set_usage_error (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* Writes what went wrong, and returns the status to exit with. */
int sioctl_fail (GError *error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sioctl, sioctl_clear)

G_END_DECLS
