#!/usr/bin/env bash
# Checks what each folder includes against the architecture: folders depend one way only, no edge is
# allowed that nobody uses, and each outside library has one home. Prints one line for each
# violation; exit code 1 if there is one.
#   usage: check_includes.sh ROOT
set -euo pipefail
cd "$1"

# folder: what it may include besides itself
declare -A may=(
  [base]=""
  [tensor]="base"
  [layers]="tensor base"
  [data]="tensor base"
  [crypto]="base"
  [identity]="crypto base"
  [onion]="crypto base"
  [machine]="base"
  [transport]="machine base"
  [wire]="base"
  [audit]="wire base"
  [rounds]="wire transport crypto base"
  [train]="layers data crypto tensor base"
  [checkpoint]="train wire layers crypto base"
  [session]="train rounds wire transport onion identity crypto layers tensor base"
  [node]="session checkpoint rounds wire transport crypto layers tensor base"
  [owner]="session checkpoint train rounds wire transport onion identity crypto data layers \
tensor base"
  [forecast]="session train rounds wire machine onion crypto data layers tensor base"
  [app]="owner node forecast session checkpoint train audit wire transport machine identity \
crypto data layers tensor base"
  [main]="app base"
)

# pattern of an outside header | files that may include it
homes=(
  '^(cblas|lapacke?|openblas_config|f77blas)\.h$|^src/tensor/'
  '^(oneapi/dnnl/)?dnnl[a-z_]*\.h(pp)?$|^src/tensor/'
  '^omp\.h$|^src/tensor/'
  '^sodium(\.h|/)|^src/crypto/'
  '^(intel-)?ipsec[-_]mb\.h$|^src/crypto/'
  '^munge\.h$|^src/identity/munge'
  '^mpi\.h$|^(src|include/mixnn)/transport/mpi_'
  '^zlib\.h$|^src/data/'
  '^zip\.h$|^src/data/'
  '^CLI/|^src/app/'
  '^nlohmann/|^(src|include/mixnn)/(layers|train|app)/'
  '^(gtest|gmock)/|^tests/'
)

declare -A used # "FOLDER TARGET": a file of FOLDER includes one of TARGET

violations=0
violation() {
  printf '%s\n' "$1"
  violations=$((violations + 1))
}

# find_folder FILE: sets `folder` to the row of the table that it belongs to
find_folder() {
  case $1 in
    src/main.cpp) folder=main ;;
    src/*/*) folder=${1#src/} ;;
    include/mixnn/*/*) folder=${1#include/mixnn/} ;;
    *) folder=none ;;
  esac
  folder=${folder%%/*}
}

# own_header FILE LINE FOLDER HEADER
own_header() {
  local target=${4#mixnn/}
  target=${target%%/*}
  [[ $target == "$3" ]] && return
  used[$3 $target]=yes
  [[ " ${may[$3]} " == *" $target "* ]] || violation "$1:$2: $3 may not include $target ($4)"
}

# outside_header FILE LINE HEADER
declare -A homes_of # a header that was met before: the patterns of its files
outside_header() {
  local home
  if [[ -z ${homes_of[$3]+met} ]]; then
    homes_of[$3]=
    for home in "${homes[@]}"; do
      [[ ! $3 =~ ${home%|^*} ]] || homes_of[$3]+=" ${home##*|^}"
    done
  fi
  for home in ${homes_of[$3]}; do
    [[ $1 =~ ^$home ]] || violation "$1:$2: <$3> has another home ($home)"
  done
}

files=$(find src include -type f -regex '.*\.\(hpp\|cpp\|h\|c\|cpp\.in\)' | sort)
for file in $files; do
  find_folder "$file"
  [[ -n ${may[$folder]+known} ]] || violation "$file: no folder of the architecture"
done

include_line='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"]'
while IFS=: read -r file number line; do
  find_folder "$file"
  [[ $line =~ $include_line && -n ${may[$folder]+known} ]] || continue
  header=${BASH_REMATCH[1]}
  case $header in
    mixnn/*) own_header "$file" "$number" "$folder" "$header" ;;
    ../* | */../*) violation "$file:$number: include by a path that climbs ($header)" ;;
    *)
      outside_header "$file" "$number" "$header"
      if [[ $line == *\"* && ! -f ${file%/*}/$header ]]; then
        violation "$file:$number: \"$header\" is neither mixnn/... nor beside the file"
      fi
      ;;
  esac
done < <(grep -nHE '^[[:space:]]*#[[:space:]]*include' $files)

for folder in "${!may[@]}"; do
  for target in ${may[$folder]}; do
    [[ -n ${used[$folder $target]-} ]] || violation "$folder may include $target, but no file does"
  done
done

# The libraries link what the table says, no more and no less.
sorted() { tr ' ;' '\n\n' <<<"$1" | sed '/^$/d' | sort | tr '\n' ' '; }
libraries=$(tr '\n' ' ' <CMakeLists.txt | grep -oE 'mixnn_library\([a-z]+[^)]*\)')
while read -r library; do
  [[ $library =~ mixnn_library\(([a-z]+)(.*)\) ]]
  folder=${BASH_REMATCH[1]}
  uses=${BASH_REMATCH[2]%%LINKS*}
  uses=$(sorted "${uses#*USES}")
  allowed=$(sorted "${may[$folder]-unknown}")
  [[ $uses == "$allowed" ]] ||
    violation "CMakeLists.txt: mixnn_library($folder) uses '$uses', the table says '$allowed'"
done <<<"$libraries"

if ((violations > 0)); then
  echo "$violations violations of the architecture"
  exit 1
fi
echo "architecture: $(wc -w <<<"$files") files, no violation"
