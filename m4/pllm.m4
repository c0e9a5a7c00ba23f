dnl SPDX-License-Identifier: MIT
dnl The few macros configure.ac needs for itself.

# PLLM_ARG_ENABLE(NAME, DEFAULT, HELP)
# --enable-NAME / --disable-NAME, yes or no and nothing else, in enable_NAME.
# HELP describes the choice that is not the default.
AC_DEFUN([PLLM_ARG_ENABLE], [
AC_ARG_ENABLE([$1],
	[AS_HELP_STRING(m4_if([$2], [yes], [[--disable-$1]], [[--enable-$1]]), [$3])],
	[AS_CASE([$enable_$1], [yes | no], [], [AC_MSG_ERROR([--enable-$1 takes yes or no])])],
	[enable_$1=$2])
])

# PLLM_COMPLETION_DIR(SHELL, DEFAULT)
# --with-SHELL-completion-dir=DIR, in SHELL_completion_dir; "no" installs none.
# The default hangs below ${datadir}, so that an install under any prefix (and
# distcheck) stays inside it.
AC_DEFUN([PLLM_COMPLETION_DIR], [
AC_ARG_WITH([$1-completion-dir],
	[AS_HELP_STRING([--with-$1-completion-dir=DIR], [where the completions for $1 go, or no])],
	[AS_IF([test "$withval" = yes], [$1_completion_dir='$2'], [$1_completion_dir=$withval])],
	[$1_completion_dir='$2'])
AC_SUBST([$1_completion_dir])
AM_CONDITIONAL(m4_toupper([$1])[_COMPLETION], [test "$$1_completion_dir" != no])
])

# PLLM_TRY_FLAG(FLAGS, [IF-ACCEPTED], [IF-NOT])
# Compiles and links a small program with the user's flags and FLAGS, warnings
# being errors, because compilers only warn about flags they do not know.
AC_DEFUN([PLLM_TRY_FLAG], [
AC_MSG_CHECKING([whether $CC takes $1])
pllm_saved_cflags=$CFLAGS
CFLAGS="$CFLAGS $PLLM_CFLAGS $1 -Werror"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]], [[char a[4]; memset(a, 0, sizeof a); return a[0];]])],
	[pllm_takes=yes], [pllm_takes=no])
CFLAGS=$pllm_saved_cflags
AC_MSG_RESULT([$pllm_takes])
AS_IF([test $pllm_takes = yes], [$2], [$3])
])

# PLLM_CHECK_CFLAGS(FLAGS), PLLM_CHECK_LDFLAGS(FLAGS)
# Append those of FLAGS that the compiler takes to PLLM_CFLAGS or PLLM_LDFLAGS.
AC_DEFUN([PLLM_CHECK_CFLAGS], [
for pllm_flag in $1; do
	PLLM_TRY_FLAG([$pllm_flag], [PLLM_CFLAGS="$PLLM_CFLAGS $pllm_flag"])
done
])
AC_DEFUN([PLLM_CHECK_LDFLAGS], [
for pllm_flag in $1; do
	PLLM_TRY_FLAG([$PLLM_LDFLAGS $pllm_flag], [PLLM_LDFLAGS="$PLLM_LDFLAGS $pllm_flag"])
done
])
