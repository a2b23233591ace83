"""Speed beside other engines, as ratios within one run; and the fixed random walks that those comparisons use."""
