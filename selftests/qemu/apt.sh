# SPDX-License-Identifier: GPL-2.0
# Debian packages of any suite and architecture, fetched without root and without touching the
# machine: a private APT configuration under build/apt that takes the mirror from the machine's own.
# Sourced by the fetch-* scripts; it unpacks packages and never installs one.
# shellcheck shell=bash

: "${TOP:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${BUILD:=$TOP/build}"
APT_DIR=$BUILD/apt
BUILD_ARCH=$(dpkg --print-architecture)

# shellcheck source=selftests/qemu/arch.sh
. "$TOP/selftests/qemu/arch.sh"

die() { echo "armvirt: $*" >&2; exit 1; }
say() { echo "armvirt: $*" >&2; }

# progress TEXT COMMAND...: runs COMMAND with a line that counts the seconds; what COMMAND prints is
# shown only if it fails.
progress() {
	local text=$1 log pid start=$SECONDS shown=0 status=0
	shift
	log=$(mktemp)
	"$@" > "$log" 2>&1 &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 0.2
		if [ -t 2 ]; then
			printf '\rarmvirt: %s ... %d s ' "$text" $((SECONDS - start)) >&2
		elif [ $((SECONDS - start - shown)) -ge $((shown ? 15 : 5)) ]; then
			shown=$((SECONDS - start))
			say "$text ... $shown s"
		fi
	done
	wait $pid || status=$?
	[ ! -t 2 ] || printf '\r\033[K' >&2
	[ $status = 0 ] || cat "$log" >&2
	rm -f "$log"
	return $status
}

# The machine's own mirror: the first one that carries a plain Debian suite.
apt_mirror() {
	# shellcheck disable=SC2016
	env -u APT_CONFIG apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' | awk '
		$3 == "main" && $2 ~ /^(bullseye|bookworm|trixie|forky|duke|sid|(old|oldold)?stable|testing|unstable)$/ {
			print $1; exit }'
}

# apt_setup SUITE [ARCHITECTURE]: private configuration for one suite and arm64, or another
# architecture, lists refreshed at most once a day. One directory for each: versions of different
# suites then never compete.
apt_setup() {
	local suite=$1 arch=${2:-arm64} mirror key opt="" dir

	dir=$APT_DIR/$suite
	[ "$arch" = arm64 ] || dir+=-$arch

	mirror=$(apt_mirror)
	[ -n "$mirror" ] || die "no Debian mirror in this machine's APT configuration; add one to /etc/apt/sources.list"
	for key in /usr/share/keyrings/debian-archive-keyring.{pgp,gpg}; do
		[ -e "$key" ] && opt="[signed-by=$key]"
	done
	mkdir -p "$dir"/{lists/partial,cache/archives/partial,etc/preferences.d}
	: > "$dir/status"
	echo "deb $opt $mirror $suite main" > "$dir/etc/sources.list"
	cat > "$dir/apt.conf" <<-CONF
	APT::Architecture "$arch";
	APT::Architectures { "$arch"; "$BUILD_ARCH"; };
	APT::Sandbox::User "";
	Acquire::Languages "none";
	Dir::State::Lists "$dir/lists";
	Dir::State::status "$dir/status";
	Dir::Cache "$dir/cache";
	Dir::Etc::sourcelist "$dir/etc/sources.list";
	Dir::Etc::sourceparts "-";
	Dir::Etc::preferencesparts "$dir/etc/preferences.d";
	CONF
	export APT_CONFIG=$dir/apt.conf
	if [ -z "$(find "$dir/updated" -mmin -1440 2>/dev/null)" ]; then
		say "reading the package lists of $suite ($arch)"
		# -o Acquire::Check-Valid-Until: a suite that is no longer updated must still answer.
		progress "reading" apt-get -qq -o Acquire::Check-Valid-Until=false \
			-o APT::Update::Error-Mode=any update || return 1
		touch "$dir/updated"
	fi
}

# apt_deps PACKAGE[:ARCH]: what it depends on, one per line, virtual packages left out.
apt_deps() {
	apt-cache depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
		--no-enhances "$1" | awk '/Depends:/ && $2 !~ /^</ { print $2 }' | sort -u
}

# apt_unpack DIR PACKAGE[:ARCH]...: download packages and unpack them below DIR.
apt_unpack() {
	local dir=$1
	shift
	mkdir -p "$dir" "$dir.debs"
	say "fetching $*"
	(cd "$dir.debs" && progress "downloading" apt-get -qq download "$@") || die "cannot download $*"
	progress "unpacking" unpack_all "$dir.debs" "$dir" || die "cannot unpack $*"
	rm -rf "$dir.debs"
}

unpack_all() {
	local deb
	for deb in "$1"/*.deb; do
		dpkg-deb -x "$deb" "$2" || return 1
	done
}
