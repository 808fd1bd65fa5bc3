/**
 * Runs as root of a new user, mount and process namespace, and so with no more rights outside than the person has.
 * Arguments: user id, group id, folder, then pairs of a verb and a path, `--`, the command.
 *
 * A copy of the whole tree is kept at a place that nobody needs until all is set up, so that what was covered can be
 * bound again. At the end a second user namespace is entered: the mounts of the first are locked in it, so that none
 * can be taken away or made writable there (mount_namespaces(7)), and further namespaces are not allowed.
 * The last command is not `exec`ed: the shell stays as process 1 and collects the orphans.
 */
export const WALLS_SCRIPT = `
set -eu
PATH="\${PATH:-}:/usr/sbin:/usr/bin:/sbin:/bin"
copy=/sys/class kept='
'
mount --rbind / "$copy"
echo 1 >/proc/sys/user/max_user_namespaces

place() {
  if [ -d "$copy$1" ]; then mkdir -p "$1"
  else mkdir -p "\${1%/*}"; [ -e "$1" ] || : >"$1"; fi
  mount --rbind "$copy$1" "$1"
}
keep() { kept="$kept$1
"; }
hide() {
  if [ -d "$1" ]; then mount -t tmpfs -o size=1m,mode=755 tmpfs "$1"
  elif [ -e "$1" ]; then mount --bind "$copy/dev/null" "$1"; fi
}
scratch() { mkdir -p "$1"; mount -t tmpfs -o "size=1g,mode=1777" tmpfs "$1"; keep "$1"; }
show() { if [ -e "$copy$1" ]; then place "$1"; fi; }
write() { place "$1"; keep "$1"; }
devices() {
  hide /dev
  for name in null zero full random urandom tty; do show "/dev/$name"; done
  ln -s /proc/self/fd /dev/fd
  for name in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/\${name%%:*}" "/dev/\${name#*:}"; done
  scratch /dev/shm
}
seal() {
  while read -r id _ _ _ at flags _; do
    case $at in /proc | "$copy" | "$copy"/*) continue ;; *\\\\*) at=$(printf '%b' "$at") ;; esac
    case $kept in *"
$at
"*) continue ;; esac
    # One that is covered by another can be reached by nobody, and by no path here.
    top=$id
    while read -r key value; do
      case $key in mnt_id:) top=$value ;; esac
    done 2>/dev/null 3<"$at" </proc/self/fdinfo/3 || [ -e "$at" ] || continue
    [ "$top" = "$id" ] || continue
    mount -o "remount,bind,ro\${flags#r?}" none "$at"
  done </proc/self/mountinfo
}

uid=$1 gid=$2 folder=$3
shift 3
while [ "$1" != -- ]; do
  case $1 in hide | scratch | show | write | devices) "$1" "$2" ;; *) exit 64 ;; esac
  shift 2
done
shift
seal
umount -l "$copy"
cd "$folder"
unshare --user --map-user="$uid" --map-group="$gid" --mount \\
  setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
exit
`;
