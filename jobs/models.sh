# shellcheck shell=bash
# What jobs/local.sh does for each network of models/ besides the first: settings that suit it, so
# that a comparison takes minutes, and its data, where they are not Fashion-MNIST.
: "${root:?the folder of the project}"

# model_settings NAME: options, before those that the user gives
model_settings() {
  case $1 in
    cnn) echo --epochs 5 --optimizer adamw --lr 0.003 --lr-decay one-cycle ;;
    lenet5) echo --epochs 5 --optimizer adamw --lr 0.006 --lr-decay one-cycle ;;
    vit) echo --epochs 3 --optimizer adamw --lr 0.002 --lr-decay one-cycle ;;
    gpt)
      echo --epochs 4 --limit-train 4096 --limit-test 1024 --batch-size 64 --optimizer adamw \
        --lr 0.002 --lr-decay cosine --warmup 20
      ;;
    letters) echo --epochs 20 --batch-size 64 --normalize train ;;
    diabetes) echo --epochs 100 --batch-size 32 --normalize train --optimizer adam --lr 0.003 ;;
    *) echo --epochs 5 ;;
  esac
}

# unpacked FOLDER PACKAGE...: what Debian's packages hold, unpacked, not installed
unpacked() {
  local folder=$1
  shift
  mkdir -p "$folder"
  (
    cd "$folder"
    apt-get download -qq "$@" >&2 || { # the lists of packages may be missing
      can_install && as_root apt-get update -qq >&2 && apt-get download -qq "$@" >&2
    } || exit 1
    for package in ./*.deb; do dpkg-deb -x "$package" .; done
  ) || stop "cannot get $* (apt-get download); give a data set with --data"
}

# model_data NAME: the folder of its data, made if it is not there; nothing if Fashion-MNIST is it
model_data() {
  local data=$root/build/data scratch
  case $1 in
    gpt)
      [[ -d $data/novels ]] || {
        say "six English novels for $1, from Debian's r-cran-janeaustenr" >&2
        scratch=$data/unpacked
        unpacked "$scratch" r-cran-janeaustenr
        python3 -B "$root/bench/make_tokens.py" --out "$data/novels" \
          "$scratch/usr/lib/R/site-library/janeaustenr/data/Rdata.rdb" >&2
        rm -rf "$scratch"
      }
      echo "$data/novels"
      ;;
    letters | diabetes)
      [[ -d $data/tables/$1 ]] || {
        say "the table for $1, from Debian's packages" >&2
        scratch=$data/unpacked
        unpacked "$scratch" r-cran-mlbench python3-sklearn
        python3 -B "$root/bench/make_tables.py" --from "$scratch" --out "$data/tables" >&2
        rm -rf "$scratch"
      }
      echo "$data/tables/$1"
      ;;
  esac
}
