#!/bin/sh
# Tokenizes a dataset with eight tasks of a Slurm array: sbatch slurm.sh photos tokens model
# Each task makes every eighth shard; the same command goes on after an interruption.
#SBATCH --job-name=fourm-tokenize
#SBATCH --array=0-7
#SBATCH --cpus-per-task=2
#SBATCH --mem=4G
#SBATCH --requeue
set -eu
exec npx fourm tokenize "$1" --out "$2" --model "$3" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT"
