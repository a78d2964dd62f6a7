# Data sets and models that are wrong in one way each. Sourced after lib.sh; all are made in
# $scratch.

hex() { printf '%b' "$(sed 's/../\\x&/g' <<<"$1")"; } # hex DIGITS: those bytes

# images FILE COUNT SIDE, labels FILE COUNT VALUE: all pixels and all labels are alike
images() {
  {
    hex "$(printf '00000803%08x%08x%08x' "$2" "$3" "$3")"
    head -c $(($2 * $3 * $3)) /dev/zero
  } >"$1"
}
labels() {
  {
    hex "$(printf '00000801%08x' "$2")"
    head -c "$2" /dev/zero | tr '\0' "\\$(printf '%03o' "$3")"
  } >"$1"
}

# data_set NAME: a good one of 40 + 20 images of 8 x 8, in the folder $scratch/NAME
data_set() {
  mkdir -p "$scratch/$1"
  images "$scratch/$1/train-images-idx3-ubyte" 40 8
  labels "$scratch/$1/train-labels-idx1-ubyte" 40 1
  images "$scratch/$1/t10k-images-idx3-ubyte" 20 8
  labels "$scratch/$1/t10k-labels-idx1-ubyte" 20 1
}

# npy FILE TYPE SHAPE: an NPY file of so many numbers, all zero, of 8 bytes at most
npy() {
  local header
  header=$(printf '%-117s' "{'descr': '$2', 'fortran_order': False, 'shape': ($3), }")
  {
    hex 934e554d50590100"7600"
    printf '%s\n' "$header"
    head -c $((40 * 64 * 8)) /dev/zero
  } >"$1"
}

make_bad_arrays() {
  local name file
  for name in npy-objects npy-long; do
    mkdir "$scratch/$name"
    for file in x_train y_train x_test y_test; do
      npy "$scratch/$name/$file.npy" '<f8' '40, 64'
    done
  done
  npy "$scratch/npy-objects/y_test.npy" '|O' '40,'
  npy "$scratch/npy-long/x_train.npy" '<f4' '40, 64'
  mkdir "$scratch/csv-missing" "$scratch/tokens"
  printf 'a,b\n1,0\n2,\n' | tee "$scratch/csv-missing/train.csv" >"$scratch/csv-missing/test.csv"
  head -c 999 /dev/zero | tee "$scratch/tokens/train.bin" >"$scratch/tokens/val.bin"
}

make_bad_data() {
  local name
  make_bad_arrays
  for name in good no-labels truncated long wrong-magic label-range counts shape model-shape \
    empty-file bad-gzip; do
    data_set "$name"
  done
  mkdir "$scratch/empty"
  rm "$scratch/no-labels/t10k-labels-idx1-ubyte"
  truncate -s -7 "$scratch/truncated/train-images-idx3-ubyte"
  truncate -s +7 "$scratch/long/train-images-idx3-ubyte"
  labels "$scratch/wrong-magic/train-images-idx3-ubyte" 40 0
  labels "$scratch/label-range/train-labels-idx1-ubyte" 40 10
  labels "$scratch/counts/train-labels-idx1-ubyte" 39 1
  images "$scratch/shape/train-images-idx3-ubyte" 40 9
  images "$scratch/model-shape/train-images-idx3-ubyte" 40 9
  images "$scratch/model-shape/t10k-images-idx3-ubyte" 20 9
  : >"$scratch/empty-file/train-images-idx3-ubyte"
  rm "$scratch/bad-gzip/train-images-idx3-ubyte"
  echo "no gzip" >"$scratch/bad-gzip/train-images-idx3-ubyte.gz"
}

# model NAME STAGES: $scratch/NAME.json with these stages
model() {
  printf '{"name": "%s", "input": {"shape": [1, 8, 8], "scale": 0.0625}, %s "stages": %s}\n' \
    "$1" '"loss": "cross_entropy",' "$2" >"$scratch/$1.json"
}

make_bad_models() {
  local flat='{"type": "flatten"}' linear='"type": "linear", "out_features"'
  model unknown-type "[{\"layers\": [$flat]}, {\"layers\": [{\"type\": \"conv9d\"}]}]"
  model unknown-key "[{\"layers\": [$flat, {$linear: 10, \"biass\": 1}]}]"
  model wrong-type "[{\"layers\": [$flat]}, {\"layers\": [{$linear: \"ten\"}]}]"
  model zero-size "[{\"layers\": [$flat]}, {\"layers\": [{$linear: 0}]}]"
  model absurd-size "[{\"layers\": [$flat]}, {\"layers\": [{$linear: 99999999999}]}]"
  model no-size "[{\"layers\": [$flat]}, {\"layers\": [{\"type\": \"linear\"}]}]"
  model no-stages "[]"
  model no-layers "[{\"layers\": []}]"
  echo '{"name": "cut", "stages": [' >"$scratch/cut.json"
  echo '[1, 2]' >"$scratch/array.json"
  : >"$scratch/nothing.json"
  mkdir "$scratch/folder.json"
}
