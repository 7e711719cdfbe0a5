global using Quorate.Kernel.Ground;
