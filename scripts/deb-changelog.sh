#!/usr/bin/env bash
# Writes the changelog that a Debian package must have: the version and the date of
# the source, and where the real one stands.
set -euo pipefail
cd "$(dirname "$0")/.."

manifest=appliance/bytefreezer/Cargo.toml
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)
maintainer=$(sed -n 's/^maintainer = "\(.*\)"/\1/p' "$manifest")

cat <<END
bytefreezer ($version-1) stable; urgency=medium

  * Built from the source of this version; CHANGELOG.md there says what changed.

 -- $maintainer  $(date --utc --date="@${SOURCE_DATE_EPOCH:-0}" --rfc-email)
END
