#!/usr/bin/env python3
"""What must a host's virtual place tell it of its position (docs/threat-model.md, P9)?

    python3 bench/host_place.py [RANKS STAGES]...

Bits that a host learns of its position, of log2(STAGES): if the number of virtual stages before the
chain were uniform; as it is drawn, by the best law of a number that is 1 at least; by the best law
of any; and a bound under which no random placement of the hosts in order comes, whatever stages lie
between them.
"""
import math
import sys

STEPS = 20000


def places(law, stages, links):
    """How likely each host (row) is at each link (column)."""
    rows = [[0.0] * links for _ in range(stages)]
    for before, share in enumerate(law):
        for host in range(stages):
            rows[host][before + host] += share
    return rows


def weights(rows):
    """Bits that a host's place tells, by host and link: the gradient, too."""
    at_link = [sum(column) / len(rows) for column in zip(*rows)]
    return [[math.log2(one / all_) if one > 0 else 0.0 for one, all_ in zip(row, at_link)]
            for row in rows]


def bits(rows):
    of_place = weights(rows)
    return sum(one * bit for row, row_bits in zip(rows, of_place)
               for one, bit in zip(row, row_bits)) / len(rows)


def least_in_order(costs):
    """The least sum of costs over places in increasing order, one a host."""
    spare = len(costs[0]) - len(costs)  # host k is at one of the links k .. k + spare
    best = [costs[0][i] for i in range(spare + 1)]
    for host, row in enumerate(costs[1:], 1):
        for i in range(spare + 1):
            best[i] = min(best[i], best[i - 1]) if i > 0 else best[i]
        best = [best[i] + row[host + i] for i in range(spare + 1)]
    return min(best)


def best_law(stages, links):
    """Of the stages before the chain; by exponentiated gradients. Bits, and the bound."""
    law = [1 / (links - stages + 1)] * (links - stages + 1)
    for _ in range(STEPS):
        of_place = weights(places(law, stages, links))
        slope = [sum(of_place[host][before + host] for host in range(stages)) / stages
                 for before in range(len(law))]
        law = [share * 2 ** -one for share, one in zip(law, slope)]
        law = [share / sum(law) for share in law]
    rows = places(law, stages, links)
    # It is convex in `rows`, and its gradient's value at them is what it is.
    return law, bits(rows), least_in_order(weights(rows)) / stages


def main():
    numbers = [int(word) for word in sys.argv[1:]] or [8, 3, 13, 8, 16, 3, 32, 3]
    for ranks, stages in zip(numbers[::2], numbers[1::2]):
        links = ranks - 1
        virtual = links - stages
        today = bits(places([0.0] + [1 / virtual] * virtual, stages, links))
        law, best, bound = best_law(stages, links)
        one_before = best_law(stages, links - 1)[1]
        print(f"{ranks} ranks, {stages} stages: of {math.log2(stages):.3f} bits uniform "
              f"{today:.4f}, ours {one_before:.4f}, best {best:.4f}, bound {bound:.4f}")
        if virtual < 8:
            print("  law of the best:", " ".join(f"{share:.3f}" for share in law))


if __name__ == "__main__":
    main()
