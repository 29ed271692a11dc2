#!/bin/bash
# long: a bare Debian 12 (minbase, chroot, nothing installed): deploy/quickstart --once and tests/run succeed in it.
# Needs root for the chroot, mmdebstrap, and the package sources of this machine.
. "$(dirname "${BASH_SOURCE[0]}")/../support/system.sh"

[ "$(id -u)" = 0 ] || fail "making a chroot needs root"
command -v mmdebstrap >/dev/null || fail "mmdebstrap is not installed"
root=$scratch/root
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] && grep -q bookworm "$file" && grep -q -v '^#' "$file" && grep -q '/debian' "$file" && sources+=("$file")
done
unmount() { ! mountpoint -q "$root/proc" || umount "$root/proc"; }
also_at_exit unmount

note "a minbase root from ${sources[*]}"
mmdebstrap --variant=minbase bookworm "$root" "${sources[@]}" >"$scratch/mmdebstrap.log" 2>&1 || { tail "$scratch/mmdebstrap.log"; fail "mmdebstrap"; }
cp /etc/resolv.conf "$root/etc/resolv.conf"
# What this machine's apt needs to reach its sources (a proxy, a mirror's dates), it needs in there, too.
for file in /etc/apt/apt.conf.d/*; do
    [ ! -f "$file" ] || ! grep -q -E '^Acquire' "$file" || cp "$file" "$root/etc/apt/apt.conf.d/"
done
# And whom this machine trusts beside Debian's list, for what is fetched over TLS.
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/"
fi
mount -t proc proc "$root/proc" || fail "cannot mount /proc in the root"
mkdir -p "$root/srv/seatmeter"
if git -C "$tree" rev-parse HEAD >/dev/null 2>&1; then
    git -C "$tree" archive HEAD | tar -x -C "$root/srv/seatmeter" || fail "git archive"
else
    tar -C "$tree" --exclude=./build -c . | tar -x -C "$root/srv/seatmeter" || fail "copying the tree"
fi
inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb SEED="$SEED" "$@"; }

note "as a user without rights: it says what to do"
expect 1 "deploy/install without root and sudo" chroot --userspec=nobody:nogroup "$root" /srv/seatmeter/deploy/install
expect_said "su -c '/srv/seatmeter/deploy/install"
note "deploy/quickstart --once"
inside /srv/seatmeter/deploy/quickstart --once 2>&1 | tee "$scratch/bare-quickstart.log" || fail "deploy/quickstart --once"
note "tests/run"
inside /srv/seatmeter/tests/run 2>&1 | tee "$scratch/bare-tests.log" || fail "tests/run"
grep -q -E '^[1-9][0-9]+ passed, 0 failed$' "$scratch/bare-tests.log" || fail "the last line tells something else"
