// SPDX-License-Identifier: GPL-2.0
/*
 * What a boot loader would start from a file system: the default of extlinux.conf, the newest entry
 * of the Boot Loader Specification, or a kernel where Debian and others put it. What is named and
 * can't be read is as if it were not there, but the first such reason is kept for the user.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "image/image.h"

#define TEXT_MAX	(64 * KIB)
#define LINE_SIZE	IMAGE_APPEND_MAX

/* ---- Lines --------------------------------------------------------------------------------- */

/* "key value", both without blanks around them; a line that is too long or a comment has no key. */
struct line {
	char buf[LINE_SIZE];
	const char *key;
	const char *val;
};

static char *skip_blanks(char *s)
{
	return s + strspn(s, " \t\r");
}

static bool next_line(const char **text, struct line *l)
{
	size_t len = strcspn(*text, "\n");
	char *end, *key, *val;

	if (!**text)
		return false;
	l->buf[0] = 0;
	if (len < sizeof(l->buf)) {
		memcpy(l->buf, *text, len);
		l->buf[len] = 0;
	}
	*text += len + ((*text)[len] == '\n');
	for (end = l->buf + strlen(l->buf); end > l->buf && isspace((u8)end[-1]); end--)
		end[-1] = 0;
	key = skip_blanks(l->buf);
	if (*key == '#')
		*key = 0;
	val = key + strcspn(key, " \t");
	if (*val)
		*val++ = 0;
	l->key = key;
	l->val = skip_blanks(val);
	return true;
}

/* Adds a word to a list with blanks between; false if it is full. */
static bool add_word(char *list, size_t size, const char *dir, const char *word)
{
	size_t used = strlen(list);
	int n = snprintf(list + used, size - used, "%s%s%s%s", used ? " " : "",
			 *word == '/' ? "" : dir, *word == '/' || !*dir ? "" : "/", word);

	if (n >= 0 && (size_t)n < size - used)
		return true;
	list[used] = 0;
	return false;
}

/* Paths with blanks or commas between, each from @dir on unless it begins with a slash. */
static bool add_paths(char *list, size_t size, const char *dir, const char *paths)
{
	char copy[LINE_SIZE], *word, *rest;

	snprintf(copy, sizeof(copy), "%s", paths);
	for (word = strtok_r(copy, " \t,", &rest); word; word = strtok_r(NULL, " \t,", &rest))
		if (*word != '$' && !add_word(list, size, dir, word))
			return false;
	return true;
}

/* "$name" is GRUB's, whose variables nobody else knows. True if there was one. */
static bool drop_variables(char *options, size_t size)
{
	char copy[IMAGE_APPEND_MAX], *word, *rest;

	if (*options != '$' && !strstr(options, " $"))
		return false;
	snprintf(copy, sizeof(copy), "%s", options);
	*options = 0;
	for (word = strtok_r(copy, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest))
		if (*word != '$')
			add_word(options, size, "", word);
	return true;
}

/* ---- What is found must be there ----------------------------------------------------------- */

static void keep_first(struct err *e, const struct err *why)
{
	if (!*e->text)
		*e = *why;
}

static bool readable(struct ext4 *fs, const char *path, struct err *e)
{
	struct err why;
	int ret = ext4_exists(fs, path, &why);

	if (!ret)
		err_set(&why, "%s: isn't there", path);
	if (ret <= 0)
		keep_first(e, &why);
	return ret > 0;
}

static bool bootable(struct ext4 *fs, const struct entry *en, struct err *e)
{
	char copy[IMAGE_INITRDS_MAX], *word, *rest;

	if (!*en->kernel || !readable(fs, en->kernel, e))
		return false;
	strcpy(copy, en->initrds);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (!readable(fs, word, e))
			return false;
	return true;
}

/* The text of a file, in memory of its own, or NULL. */
static char *read_text(struct ext4 *fs, const char *path, struct err *e)
{
	char *text = malloc(TEXT_MAX);
	struct err why;
	int ret;

	if (!text)
		return NULL;
	ret = ext4_text(fs, path, text, TEXT_MAX, &why);
	if (ret > 0)
		return text;
	if (ret < 0)
		keep_first(e, &why);
	free(text);
	return NULL;
}

/* ---- extlinux ------------------------------------------------------------------------------ */

/* The label that "default" or "menu default" names, or the first one; "" if there is none. */
static void default_label(const char *text, char label[LINE_SIZE])
{
	char first[LINE_SIZE] = "", current[LINE_SIZE] = "";
	struct line l;

	*label = 0;
	while (next_line(&text, &l)) {
		if (!strcasecmp(l.key, "default")) {
			strcpy(label, l.val);
		} else if (!strcasecmp(l.key, "label")) {
			strcpy(current, l.val);
			if (!*first)
				strcpy(first, current);
		} else if (!strcasecmp(l.key, "menu") && !strcasecmp(l.val, "default")) {
			strcpy(label, current);
		}
	}
	if (!*label)
		strcpy(label, first);
}

static bool parse_extlinux(const char *text, const char *dir, struct entry *en)
{
	char label[LINE_SIZE];
	bool mine = false;
	struct line l;

	memset(en, 0, sizeof(*en));
	en->own_root = true;
	default_label(text, label);
	while (next_line(&text, &l)) {
		if (!strcasecmp(l.key, "label")) {
			if (mine)
				break;
			mine = !strcmp(l.val, label);
		} else if (mine && (!strcasecmp(l.key, "linux") || !strcasecmp(l.key, "kernel"))) {
			*en->kernel = 0;
			add_word(en->kernel, sizeof(en->kernel), dir, l.val);
		} else if (mine && !strcasecmp(l.key, "initrd")) {
			if (!add_paths(en->initrds, sizeof(en->initrds), dir, l.val))
				return false;
		} else if (mine && !strcasecmp(l.key, "append")) {
			strcpy(en->options, l.val);
		}
	}
	return *en->kernel;
}

static bool find_extlinux(struct ext4 *fs, struct entry *en, struct err *e)
{
	static const char *const dirs[] = { "/boot/extlinux", "/extlinux" };
	char path[64], *text;
	bool found = false;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs) && !found; i++) {
		snprintf(path, sizeof(path), "%s/extlinux.conf", dirs[i]);
		text = read_text(fs, path, e);
		found = text && parse_extlinux(text, dirs[i], en) && bootable(fs, en, e);
		free(text);
	}
	return found;
}

/* ---- Versions ------------------------------------------------------------------------------ */

static int compare_digits(const char **a, const char **b)
{
	size_t na, nb;
	int ret;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	na = strspn(*a, "0123456789");
	nb = strspn(*b, "0123456789");
	ret = na != nb ? (na > nb) - (na < nb) : strncmp(*a, *b, na);
	*a += na;
	*b += nb;
	return ret;
}

/*
 * The older one is less: numbers count as numbers, and "~" is before even the end ("6.12~rc1" is
 * older than "6.12"); other characters compare as they are.
 */
static int compare_versions(const char *a, const char *b)
{
	while (*a || *b) {
		if (isdigit((u8)*a) && isdigit((u8)*b)) {
			int ret = compare_digits(&a, &b);

			if (ret)
				return ret;
		} else if (*a == *b) {
			a++;
			b++;
		} else if (*a == '~' || *b == '~') {
			return *a == '~' ? -1 : 1;
		} else {
			return (u8)*a - (u8)*b;
		}
	}
	return 0;
}

/* ---- Boot Loader Specification ------------------------------------------------------------- */

/* An entry and, while looking for the newest, what it is compared by. */
struct bls {
	struct ext4 *fs;
	const char *dir;
	struct err *e;
	struct entry *best;
	char best_version[LINE_SIZE];
};

static bool parse_bls(const char *text, struct entry *en, char version[LINE_SIZE])
{
	bool fits = true;
	struct line l;

	memset(en, 0, sizeof(*en));
	while (fits && next_line(&text, &l)) {
		if (!strcmp(l.key, "linux"))
			fits = add_word(en->kernel, sizeof(en->kernel), "", l.val);
		else if (!strcmp(l.key, "initrd"))
			fits = add_paths(en->initrds, sizeof(en->initrds), "", l.val);
		else if (!strcmp(l.key, "options"))
			fits = add_word(en->options, sizeof(en->options), "", l.val);
		else if (!strcmp(l.key, "version"))
			strcpy(version, l.val);
	}
	en->own_root = !drop_variables(en->options, sizeof(en->options)) ||
		       strstr(en->options, "root=");
	return fits && *en->kernel;
}

static void consider_bls(void *ctx, const char *name)
{
	char path[IMAGE_PATH_MAX + 32], version[LINE_SIZE], *text;
	struct bls *b = ctx;
	struct entry en;

	if (strlen(name) < 6 || strcmp(name + strlen(name) - 5, ".conf"))
		return;
	snprintf(path, sizeof(path), "%s/%.255s", b->dir, name);
	text = read_text(b->fs, path, b->e);
	if (!text)
		return;
	/* Without a version, the file's name has one. */
	strcpy(version, name);
	if (parse_bls(text, &en, version) && bootable(b->fs, &en, b->e) &&
	    (!*b->best_version || compare_versions(version, b->best_version) > 0)) {
		*b->best = en;
		strcpy(b->best_version, version);
	}
	free(text);
}

static bool find_bls(struct ext4 *fs, struct entry *en, struct err *e)
{
	static const char *const dirs[] = { "/boot/loader/entries", "/loader/entries" };
	struct bls b = { .fs = fs, .e = e, .best = en };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs) && !*b.best_version; i++) {
		b.dir = dirs[i];
		ext4_list(fs, b.dir, consider_bls, &b);
	}
	return *b.best_version;
}

/* ---- Kernels without an entry -------------------------------------------------------------- */

/* A link that leads nowhere is no reason to boot without an initrd. */
static bool find_links(struct ext4 *fs, const char *dir, struct entry *en, struct err *e)
{
	char path[IMAGE_PATH_MAX];
	struct err why;

	memset(en, 0, sizeof(*en));
	snprintf(en->kernel, sizeof(en->kernel), "%s/vmlinuz", dir);
	if (ext4_exists(fs, en->kernel, &why) == 0)
		return false;
	snprintf(path, sizeof(path), "%s/initrd.img", dir);
	if (ext4_exists(fs, path, &why))
		strcpy(en->initrds, path);
	return bootable(fs, en, e);
}

struct newest {
	char version[IMAGE_PATH_MAX];
};

static void consider_kernel(void *ctx, const char *name)
{
	struct newest *n = ctx;

	if (strncmp(name, "vmlinuz-", 8))
		return;
	if (!*n->version || compare_versions(name + 8, n->version) > 0)
		strcpy(n->version, name + 8);
}

static bool find_newest(struct ext4 *fs, const char *dir, struct entry *en, struct err *e)
{
	static const char *const initrds[] = {
		"%s/initrd.img-%s", "%s/initramfs-%s.img", "%s/initramfs-%s", "%s/initrd-%s",
	};
	struct newest n = { "" };
	struct err why;
	size_t i;

	memset(en, 0, sizeof(*en));
	ext4_list(fs, dir, consider_kernel, &n);
	if (!*n.version || strlen(n.version) > IMAGE_PATH_MAX - 32)
		return false;
	snprintf(en->kernel, sizeof(en->kernel), "%s/vmlinuz-%s", dir, n.version);
	for (i = 0; i < ARRAY_SIZE(initrds); i++) {
		snprintf(en->initrds, sizeof(en->initrds), initrds[i], dir, n.version);
		if (ext4_exists(fs, en->initrds, &why))
			break;
		*en->initrds = 0;
	}
	return bootable(fs, en, e);
}

bool entry_find(struct ext4 *fs, struct entry *en, struct err *e)
{
	return find_extlinux(fs, en, e) || find_bls(fs, en, e) ||
	       find_links(fs, "", en, e) || find_links(fs, "/boot", en, e) ||
	       find_newest(fs, "/boot", en, e) || find_newest(fs, "", en, e);
}
