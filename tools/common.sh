# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
#
# What tools/quickstart and tools/check have in common; to be sourced, not run.
#
# Sets `root` (of the source tree) and `jobs` (cores), and goes to the root. Long commands run
# with their output in a log under build/logs; when one fails, its last lines, the log's name
# and the command that repeats it are printed, and the script ends with that command's status.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=$(nproc)
logs=build/logs
cd "$root" || exit
mkdir -p "$logs"
# The real g++ and clang, whatever a user's shell says.
unset CC CXX CXXFLAGS LDFLAGS

# What CMakeLists.txt asks for, by the names of Debian 12.
build_packages=(g++ cmake ninja-build pkgconf libabsl-dev libfmt-dev liblua5.4-dev libxxhash-dev libcli11-dev
  nlohmann-json3-dev libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev
  libmimalloc-dev)

parts=()
part_name=''
part_start=0

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# minutes_of SECONDS: "3 min 05 s".
minutes_of() {
  if (($1 < 60)); then echo "$1 s"; else printf '%d min %02d s\n' $(($1 / 60)) $(($1 % 60)); fi
}

# begin_part NAME, end_part: a named stretch of the script, whose time is printed and kept in `parts`.
begin_part() {
  part_name=$1
  part_start=$SECONDS
  echo "== $part_name"
}
end_part() {
  local took
  took=$(minutes_of $((SECONDS - part_start)))
  parts+=("$(printf '%-36s %s' "$part_name" "$took")")
  echo "   done in $took"
}

# run_logged LOG COMMAND...
run_logged() {
  local log=$logs/$1 status=0
  shift
  "$@" > "$log" 2>&1 || status=$?
  if ((status != 0)); then
    tail -n 60 "$log" >&2
    {
      echo
      echo "FAILED: ${part_name:-$(basename "$0")} (exit $status)"
      echo "whole log: $root/$log"
      echo "to repeat: cd $root && $(printf '%q ' "$@")"
    } >&2
    exit "$status"
  fi
}

# need_packages PACKAGE...: installs those that are missing.
need_packages() {
  local package missing=() as_root=()
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    die "this is no Debian: install what these packages contain, then run 'cmake --preset release':" "$@"
  fi
  for package in "$@"; do
    # shellcheck disable=SC2016  # ${...} is dpkg-query's own.
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then return; fi
  if ((EUID != 0)); then
    if command -v sudo > /dev/null; then
      as_root=(sudo)
    else
      die "these packages are missing, and neither are you root nor is there sudo; as root: apt-get install" \
        "${missing[@]}"
    fi
  fi
  echo "   installing ${missing[*]}"
  # A stale or unreachable list need not matter: the installation decides.
  "${as_root[@]}" apt-get update > "$logs/apt-update.log" 2>&1 || echo "   (apt-get update failed; going on)"
  run_logged apt-install.log "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends "${missing[@]}"
}
