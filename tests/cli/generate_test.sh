#!/usr/bin/env bash
# A network of tokens goes on with a text: the same in one process and across the ranks, from a file
# and from a checkpoint, past the end of what it sees at once; the likeliest tokens are PyTorch's.
#   usage: generate_test.sh MIXNN CMAKE
source "$(dirname "$0")/lib.sh"
export PATH="/usr/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 # Debian's Python before others
patience=100

cat >"$scratch/gpt.json" <<'END'
{"name": "small", "input": {"shape": [16], "scale": 1}, "loss": "cross_entropy",
 "layers": [
  {"type": "embedding", "num_embeddings": 128, "embedding_dim": 32, "std": 0.02},
  {"type": "position_embedding", "std": 0.02}, {"type": "dropout", "p": 0.1},
  {"repeat": 2, "layers": [
   {"type": "residual", "layers": [
    {"type": "layer_norm"}, {"type": "self_attention", "num_heads": 4, "causal": true}]},
   {"type": "residual", "layers": [
    {"type": "layer_norm"}, {"type": "linear", "out_features": 64}, {"type": "gelu"},
    {"type": "linear", "out_features": 32}]}]},
  {"type": "layer_norm"}, {"type": "linear", "out_features": 128}]}
END
model=$scratch/gpt.json
across=(mpirun -n 8 --oversubscribe "$mixnn")
succeeds "tokens" python3 "$root/bench/make_tokens.py" "$root/docs/data.md" \
  "$root/docs/tutorial.md" --out "$scratch/text"
data=(--data "$scratch/text")
from=(--checkpoint "$scratch/saved" --checkpoint-key "$scratch/key")
succeeds "train" "${across[@]}" train "$model" "${data[@]}" --epochs 3 --optimizer adamw \
  --lr 0.005 --batch-size 32 --micro-batches 2 --seed 5 --out "$scratch/out" "${from[@]}" --quiet
weights=(--weights "$scratch/out/model.safetensors")

goes_on() { # goes_on NAME COMMAND...: what it prints in $scratch/NAME
  succeeds "$1" "${@:2}" --quiet
  cp "$output" "$scratch/$1"
}
alike() { # alike NAME A B
  if cmp -s "$scratch/$2" "$scratch/$3"; then echo "ok: $1"; else failed "$1" "other text"; fi
}
asked=("$model" "${data[@]}" --prompt "The program" --tokens 60)
goes_on one "$mixnn" generate "${asked[@]}" "${weights[@]}" --temperature 0.8 --seed 3
[[ $(head -c 11 "$scratch/one") == "The program" ]] || failed "the prompt" "is not the beginning"
goes_on ranks "${across[@]}" generate "${asked[@]}" "${weights[@]}" --temperature 0.8 --seed 3
alike "the ranks draw the same" one ranks
goes_on few mpirun -n 4 --oversubscribe "$mixnn" generate "${asked[@]}" "${from[@]}" --stages 2 \
  --hops 1 --temperature 0.8 --seed 3
alike "from a checkpoint, in other stages" one few
goes_on rounds "${across[@]}" generate "${asked[@]}" "${weights[@]}" --temperature 0.8 --seed 3 \
  --traffic rounds
alike "in rounds" one rounds
goes_on other "$mixnn" generate "${asked[@]}" "${weights[@]}" --temperature 0.8 --seed 4
if cmp -s "$scratch/one" "$scratch/other"; then failed "another seed" "the same text"; fi
goes_on k1 "$mixnn" generate "${asked[@]}" "${weights[@]}" --top-k 1
goes_on greedy "$mixnn" generate "${asked[@]}" "${weights[@]}" --temperature 0
alike "of the likeliest alone, the likeliest" k1 greedy
goes_on greedy_ranks "${across[@]}" generate "${asked[@]}" "${weights[@]}" --temperature 0
alike "the likeliest across the ranks" greedy greedy_ranks
succeeds "with a heading and a report" "$mixnn" generate "${asked[@]}" "${weights[@]}" \
  --temperature 0.8 --seed 3 --json "$scratch/report.json"
prints "the text stands below the heading" "The program"

# By number, and PyTorch's text.
tokens=$(python3 -c '
import json, sys
characters = json.load(open(sys.argv[1]))["characters"]
print(",".join(str(characters.index(c)) for c in "The program"))' "$scratch/text/meta.json")
goes_on numbers "$mixnn" generate "$model" "${weights[@]}" --prompt-tokens "$tokens" --tokens 8 \
  --temperature 0
python3 - "$scratch" >"$output" 2>&1 <<'END' || failed "tokens by number" "other tokens"
import json, sys
folder = sys.argv[1]
characters = json.load(open(folder + "/text/meta.json"))["characters"]
numbers = [int(n) for n in open(folder + "/numbers").read().split()]
assert "".join(characters[n] for n in numbers) == open(folder + "/greedy").read()[:19]
report = json.load(open(folder + "/report.json"))
assert report["generated"]["text"] == open(folder + "/one").read()[:-1]
assert len(report["generated"]["text"]) == 71
print("ok: tokens by number are those of the text, and the report has it")
END
cat "$output"
# A network whose every token depends on all that it sees: what has been trained a little does not.
cat >"$scratch/chaos.py" <<'END'
import json, sys
folder, bench, mode = sys.argv[1:]
sys.path.insert(0, bench)
import torch, torch_model
torch.manual_seed(1)
net = torch_model.build(json.load(open(folder + "/gpt.json")))
for parameter in net.parameters():
    if parameter.dim() > 1:
        torch.nn.init.normal_(parameter, std=0.5)
characters = json.load(open(folder + "/text/meta.json"))["characters"]
text = [characters.index(c) for c in "The program"]
if mode == "save":
    torch_model.save(net, folder + "/chaos.json", folder + "/chaos.safetensors", [16])
else:
    with torch.no_grad():
        for _ in range(60):
            seen = text[-16:]
            padded = torch.tensor([seen + [0] * (16 - len(seen))])
            outputs = net.eval()(padded)[0, len(seen) - 1]
            text.append(int(outputs[:len(characters)].argmax()))
    found = open(folder + "/chaos", newline="").read()[:-1]
    assert "".join(characters[n] for n in text) == found, "another text"
    assert len(set(text[40:])) > 5, "the text says nothing"
    print("PyTorch goes on with the same text")
END
if python3 -c "import torch" 2>/dev/null; then
  succeeds "a network of PyTorch" python3 "$scratch/chaos.py" "$scratch" "$root/bench" save
  goes_on chaos "$mixnn" generate "$model" "${data[@]}" --weights "$scratch/chaos.safetensors" \
    --prompt "The program" --tokens 60 --temperature 0
  succeeds "the likeliest are PyTorch's" python3 "$scratch/chaos.py" "$scratch" "$root/bench" check
fi

refused() { message "$1" 2 "$2" "$mixnn" generate "${@:3}"; }
all=("$model" "${data[@]}" "${weights[@]}")
refused "no prompt" "one of --prompt TEXT and --prompt-tokens" "${all[@]}"
refused "two prompts" "one of --prompt TEXT and --prompt-tokens" "${all[@]}" --prompt a \
  --prompt-tokens 1
refused "a character that is none of them" "--prompt: character 3, '€', is none of the" \
  "${all[@]}" --prompt "a €"
refused "a token that is too large" "--prompt-tokens must be a whole number from 0 to 127" \
  "$model" "${weights[@]}" --prompt-tokens 1,128
refused "no weights" "--weights FILE is missing" "$model" "${data[@]}" --prompt a
message "no weights across ranks" 2 "--weights FILE is missing" "${across[@]}" generate "$model" \
  "${data[@]}" --prompt a
refused "no data" "--data DIR is missing" "$model" "${weights[@]}" --prompt a
mkdir "$scratch/none"
refused "no characters" "meta.json: is missing" "$model" --data "$scratch/none" "${weights[@]}" \
  --prompt a
echo '{"characters": ["a", "ab"]}' >"$scratch/none/meta.json"
refused "bad characters" "meta.json: characters[1]: must be one character, is 'ab'" "$model" \
  --data "$scratch/none" "${weights[@]}" --prompt a
refused "a network of pictures" "is no network that goes on with a text" "$digits_model" \
  "${data[@]}" --prompt a
sed 's/, "causal": true//' "$model" >"$scratch/both.json"
refused "a network that looks ahead" "\"causal\": true is expected" "$scratch/both.json" \
  "${data[@]}" "${weights[@]}" --prompt a
refused "temperature" "--temperature must be" "${all[@]}" --prompt a --temperature -1
refused "tokens" "--tokens must be" "${all[@]}" --prompt a --tokens 0
finish
