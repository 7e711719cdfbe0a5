global using Quorate.Kernel;
global using Quorate.Kernel.Ground;
