/**
 * `nvidia-smi --query-gpu` for the simulated tool, in shell built-ins: the columns and the GPUs are files of variables
 * (`world/nvidia-smi-query.ts`). Words and exit codes are those of nvidia-smi 580.159.04.
 */
export const QUERY = `query_gpu() {
  query=
  format=csv
  loop=
  ids=
  while [ $# -gt 0 ]; do
    case "$1" in
      --query-gpu=* | --format=* | --loop=* | --loop-ms=* | --id=*) option=\${1%%=*} value=\${1#*=} ;;
      --query-gpu | --format | --loop | --loop-ms | --id | -l | -lms | -i)
        option=$1
        shift
        value=\${1-}
        ;;
      *)
        printf "ERROR: Option %s is not recognized. Please run 'nvidia-smi -h'.\\n\\n" "$1"
        exit 255
        ;;
    esac
    [ $# -eq 0 ] || shift
    case "$option" in
      --query-gpu) query=$value ;;
      --format) format=$value ;;
      -i | --id) ids=$value ;;
      *)
        case "$value" in
          '' | *[!0-9]*) value=0 ;;
        esac
        if [ "$value" -eq 0 ]; then
          printf 'Provided [-l(ms) | --loop(-ms)=] value is incorrect. Loop frequency must be greater than 0.\\n'
          exit 2
        fi
        case "$option" in
          -lms | --loop-ms) loop=$((value / 1000)).$(printf %03d $((value % 1000))) ;;
          *) loop=$value ;;
        esac
        ;;
    esac
  done
  header=yes
  units=yes
  old_ifs=$IFS
  IFS=,
  for part in $format; do
    case "$part" in
      csv) ;;
      noheader) header=no ;;
      nounits) units=no ;;
      *)
        printf 'Format modifier is not recognized.\\n'
        exit 2
        ;;
    esac
  done
  refuse_if_broken
  . "$answers/query-gpu/columns"
  numbers=
  titles=
  for column in $query; do
    name=
    rest=$column
    case "$rest" in *[!a-zA-Z0-9._]*) rest= ;; esac
    while :; do
      case "$rest" in
        *.*)
          name=$name\${rest%%.*}__
          rest=\${rest#*.}
          ;;
        *)
          name=$name$rest
          break
          ;;
      esac
    done
    eval "number=\\\${c_$name-}"
    if [ -z "$number" ]; then
      printf 'Field "%s" is not a valid field to query.\\n\\n' "$column"
      exit 2
    fi
    numbers="$numbers,$number"
    eval "titles=\\"\\$titles, \\$h_$number\\""
  done
  while :; do
    refuse_if_broken
    found=no
    index=0
    while [ -f "$answers/query-gpu/gpu$index" ]; do
      . "$answers/query-gpu/gpu$index"
      index=$((index + 1))
      wanted=yes
      if [ -n "$ids" ]; then
        wanted=no
        for id in $ids; do
          case " $gpu_ids " in *" $id "*) wanted=yes ;; esac
        done
      fi
      [ "$wanted" = yes ] || continue
      found=yes
      if [ "$header" = yes ]; then printf '%s\\n' "\${titles#, }"; fi
      header=no
      line=
      for number in \${numbers#,}; do
        eval "text=\\$v_$number unit=\\$u_$number"
        if [ "$units" = no ] && [ -n "$unit" ]; then text=\${text%" $unit"}; fi
        line="$line, $text"
      done
      printf '%s\\n' "\${line#, }"
    done
    if [ "$found" = no ]; then
      printf 'No devices were found\\n'
      exit 6
    fi
    [ -n "$loop" ] || exit 0
    /bin/sleep "$loop"
  done
}
# A driver that hangs or refuses does so whatever one asks, and while one asks.
refuse_if_broken() {
  [ -f "$answers/nvidia-smi.exit" ] || return 0
  read -r status < "$answers/nvidia-smi.exit" || :
  case "$status" in hung*) hang ;; esac
  if [ -f "$answers/nvidia-smi.out" ]; then /bin/cat "$answers/nvidia-smi.out"; fi
  exit "$status"
}
for argument in "$@"; do
  case "$argument" in --query-gpu | --query-gpu=*) query_gpu "$@" ;; esac
done
`;
