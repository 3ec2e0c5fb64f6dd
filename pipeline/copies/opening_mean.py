"""The mean vector of news openings in thousandths, made by bench/train_openings.py; do not edit by hand."""

MEAN = (
    "{rCL<BMtuh5B3oD0r2_+0RHd|@ACr(|MUm`3)=en_U;A?2nG-W`v>j%2K@i}`}_s``vm^|1oQ$04*vuU0{#X4_xu$A4FL!T_!a!<"
    "tqKMf2m$*5{`dO*01Em3EBXZe@c;Gx5%~r8_xuF`1P%560|Wp11ONy7{1yH3{rmYK1M~YG{pcSE0Sx^B9r^kG1^xv5`vnOE75?h~"
    "2m=5M{qz3~{Rsx&67>BK1p@f_2@v`J`waXQ2J;F50sZp-{{RC91o!;t2>ApH_4xz;0RaC20`}_;*#-3jAN2JH^ZokN+x`aS_yzv|"
    "0tEs40u&Db3=aJM>jL=w01f>N4FmoJ2^{<S5B>uL01*HP5$W;&3kC89`~>j+@%tD90RANK{|Es!{tEs40rT+wDFPM^1r7S{0saa6"
    "2?_fO2lW9477*<R1_%4i1sLT0{{QF$0R{>F0tfgD2nG8D^$Y*$0{jyg00sW_0uA~40tNmE_5TPH{rmLz^bH687zy_K^a};-%>NAI"
    "3mY2o4gCQ54)p#22>}TM@c{|?01E^V8v`8e3=seS0{!jv`~v6)^8Etv1`8F>{s0RY9Qy|R{{aB-2KfvG;OF!W=mGN(^!MlT`uF<t"
    "_wEh|^7{np00;*E2KxU22^RDH00sL8_ZATN0uBB2"
)
